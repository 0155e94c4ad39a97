import { memoryVerdict, overheadMb } from "../domain/memory.ts";
import type { Memory } from "../lib/memory.ts";

/** Keeps a machine from taking on more sessions than its memory can carry. */
export interface MemoryGuard {
  /** Called for every start, so it has to be quick. */
  read: () => Memory;
  memoryReserveMb: number;
  /** The heap of a driver's JVM, in MiB. */
  driverMemoryMb: number;
}

export interface StartQueueSettings {
  /** How many starts may be under way at once. */
  maxStartingSessions: number;
  memory: MemoryGuard | undefined;
  /**
   * Frees memory for a start that lacks `missingMb`. Answers a promise that settles when some has been freed,
   * or undefined if not enough can be freed.
   */
  giveWay?: (missingMb: number) => Promise<void> | undefined;
}

interface Waiting {
  admit: (turn: Disposable) => void;
  refuse: (error: Error) => void;
}

/**
 * The order in which drivers boot.
 *
 * Booting is work for all cores. If sixteen drivers boot at once, none is ready before nearly all are, and
 * with bad luck none within its deadline. So only a few boot at a time, the others wait for their turn, and
 * the deadline of a start begins with its turn.
 *
 * The machine's memory is checked when a turn comes and not earlier, because only then is it known how much
 * the earlier drivers took. A start may lack memory that a start or an end under way may free. Such a start
 * stays first in the queue and waits. Each start or end that it waits for has a deadline of its own, so no
 * start waits for ever.
 */
export class StartQueue {
  readonly #settings: StartQueueSettings;
  readonly #waiting = new Set<Waiting>();
  #starting = 0;
  #ending = 0;

  constructor(settings: StartQueueSettings) {
    this.#settings = settings;
  }

  /**
   * Resolves when it is this start's turn. The turn lasts until it is disposed of. Undefined if `signal`
   * fires first. Rejects if the machine has too little memory for the start.
   */
  turn(signal: AbortSignal): Promise<Disposable | undefined> {
    if (signal.aborted) return Promise.resolve(undefined);
    return new Promise((resolve, reject) => {
      const waiting: Waiting = { admit: resolve, refuse: reject };
      signal.addEventListener(
        "abort",
        () => {
          if (!this.#waiting.delete(waiting)) return;
          resolve(undefined);
          this.#serve(); // this start may have been the one that the others had to wait for
        },
        { once: true },
      );
      this.#waiting.add(waiting);
      this.#serve();
    });
  }

  /** For a start that is already under way: it counts towards the limit, but does not wait. */
  joined(): Disposable {
    this.#starting++;
    return onceDisposed(() => {
      this.#starting--;
      this.#serve();
    });
  }

  /** For an end that is under way and gives memory back. */
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
