import { memoryVerdict, overheadMb } from "../domain/memory.ts";
import type { Memory } from "../lib/memory.ts";

/** Keeps a machine from taking on more sessions than it can carry. */
export interface MemoryGuard {
  /** Asked for every start, so it has to be quick. */
  read: () => Memory;
  memoryReserveMb: number;
  /** Of a driver's JVM. */
  driverMemoryMb: number;
}

export interface StartQueueSettings {
  /** Starts that may be under way at once. */
  maxStartingSessions: number;
  memory: MemoryGuard | undefined;
  /** Makes room where this much memory is missing: a promise of some soon, or undefined where there is too little to make. */
  giveWay?: (missingMb: number) => Promise<void> | undefined;
}

interface Waiting {
  admit: (turn: Disposable) => void;
  refuse: (error: Error) => void;
}

/**
 * The order in which drivers boot. Booting is work for all cores: of sixteen that boot at once none is ready before nearly all are, and with bad luck none
 * within its deadline, so the later ones wait for their turn, and their deadline begins with it. The machine's memory is looked at when a turn comes, not
 * before: only then it is known what the earlier ones took. What does not fit now, but may when a start or an end that is under way is over, goes on waiting,
 * first in the queue; each of those has a deadline of its own, so nobody waits for ever.
 */
export class StartQueue {
  readonly #settings: StartQueueSettings;
  readonly #waiting = new Set<Waiting>();
  #starting = 0;
  #ending = 0;

  constructor(settings: StartQueueSettings) {
    this.#settings = settings;
  }

  /** Resolves when it is this start's turn, which lasts until it is disposed of; undefined if `signal` fires before. Rejects if the machine cannot carry it. */
  turn(signal: AbortSignal): Promise<Disposable | undefined> {
    if (signal.aborted) return Promise.resolve(undefined);
    return new Promise((resolve, reject) => {
      const waiting: Waiting = { admit: resolve, refuse: reject };
      signal.addEventListener(
        "abort",
        () => {
          if (!this.#waiting.delete(waiting)) return;
          resolve(undefined);
          this.#serve(); // it may have been the one that held up the others
        },
        { once: true },
      );
      this.#waiting.add(waiting);
      this.#serve();
    });
  }

  /** For a start that is under way already: it counts, but does not wait. */
  joined(): Disposable {
    this.#starting++;
    return onceDisposed(() => {
      this.#starting--;
      this.#serve();
    });
  }

  /** For an end that gives memory back. */
  ending(): Disposable {
    this.#ending++;
    return onceDisposed(() => {
      this.#ending--;
      this.#serve();
    });
  }

  #serve(): void {
    for (const waiting of this.#waiting) {
      if (this.#starting >= this.#settings.maxStartingSessions) return;
      const shortage = this.#shortage();
      if (shortage === "passing" || (shortage && this.#givesWay(shortage.missingMb))) return;
      this.#waiting.delete(waiting);
      if (shortage) waiting.refuse(new Error(shortage.reason));
      else waiting.admit(this.joined());
    }
  }

  #givesWay(missingMb: number): boolean {
    const room = this.#settings.giveWay?.(missingMb);
    if (!room) return false;
    const ending = this.ending();
    room.finally(() => ending[Symbol.dispose]()).catch(() => undefined);
    return true;
  }

  #shortage(): { missingMb: number; reason: string } | "passing" | undefined {
    const { memory } = this.#settings;
    if (!memory) return undefined;
    const seen = memory.read();
    const neededMb = memory.driverMemoryMb + overheadMb;
    const verdict = memoryVerdict({
      availableMb: seen.availableMb,
      memoryReserveMb: memory.memoryReserveMb,
      neededMb,
      starting: this.#starting,
      ending: this.#ending,
    });
    if (verdict === "start") return undefined;
    if (verdict === "wait") return "passing";
    const missingMb = neededMb * (1 + this.#starting) + memory.memoryReserveMb - seen.availableMb;
    return { missingMb, reason: shortOfMemory(memory, seen, neededMb) };
  }
}

function shortOfMemory(
  { driverMemoryMb, memoryReserveMb }: MemoryGuard,
  { totalMb, availableMb }: Memory,
  neededMb: number,
): string {
  const whole = (mb: number) => String(Math.floor(mb));
  return (
    `too little memory. A session may take ${whole(neededMb)} MiB: a heap of ${whole(driverMemoryMb)} (GLAUX_DRIVER_MEMORY_MB) and ${whole(overheadMb)} beside it. ` +
    `${whole(availableMb)} of ${whole(totalMb)} MiB are available, and ${whole(memoryReserveMb)} are kept free (GLAUX_MEMORY_RESERVE_MB; "off" turns this check off). ` +
    "Terminate sessions that are not needed, or give sessions a smaller heap."
  );
}

function onceDisposed(release: () => void): Disposable {
  let isDisposed = false;
  return {
    [Symbol.dispose]: () => {
      if (isDisposed) return;
      isDisposed = true;
      release();
    },
  };
}
