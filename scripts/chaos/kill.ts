import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { deferred, type Deferred } from "../../src/lib/deferred.ts";
import type { Ledger } from "./ledger.ts";
import type { Act, Kill } from "./plan.ts";

/** The moment of a round at which its server is to be killed. */
export class KillMoment {
  readonly #kill: Kill;
  readonly #sent: Deferred<void> = deferred();

  constructor(kill: Kill) {
    this.#kill = kill;
  }

  sending(act: Act): void {
    if (this.#kill.when === "request" && this.#kill.act === act) this.#sent.resolve();
  }

  /**
   * Resolves at the planned moment, or after `latestMs` if the event that it waits for does not happen in
   * this round.
   */
  async come(ledger: Ledger, latestMs: number): Promise<void> {
    const { when, afterMs } = this.#kill;
    if (when === "request") await Promise.race([this.#sent.promise, sleep(latestMs)]);
    if (when === "result") await codeToEnd(ledger, latestMs);
    await sleep(afterMs);
  }
}

async function codeToEnd(ledger: Ledger, latestMs: number): Promise<void> {
  const isDone = ({ file }: { file: string }) => noted(file).endsWith("ended\n");
  const before = new Set(ledger.running().filter(isDone));
  const until = performance.now() + latestMs;
  while (performance.now() < until) {
    if (ledger.running().some((calculation) => !before.has(calculation) && isDone(calculation))) return;
    await sleep(2);
  }
}

function noted(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return ""; // the code has not begun
  }
}
