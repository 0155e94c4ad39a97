import type { DriverEvent, Welcome } from "../drivers/messages.ts";

/**
 * Keeps track of what users wait for on this machine: sessions that boot, and calculations that run. It is
 * told of their beginnings and ends.
 */
export class UserWork {
  readonly #now: () => number;
  readonly #busyDrivers = new Set<string>();
  #coldStarts = 0;
  #startingSince = 0;
  #busySince = 0;
  #changed: () => void = () => undefined;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Sets the function that is called after each beginning and each end. */
  tell(changed: () => void): void {
    this.#changed = changed;
  }

  /** The time since when at least one session has been booting; undefined if none boots. */
  get startingSince(): number | undefined {
    return this.#coldStarts > 0 ? this.#startingSince : undefined;
  }

  /** The time since when at least one calculation has been running; undefined if none runs. */
  get busySince(): number | undefined {
    return this.#busyDrivers.size > 0 ? this.#busySince : undefined;
  }

  /**
   * To be called when a session boots a driver of its own. Its boot lasts until the answer is disposed of.
   */
  coldStart(): Disposable {
    if (this.#coldStarts++ === 0) this.#startingSince = this.#now();
    this.#changed();
    let isOver = false;
    return {
      [Symbol.dispose]: () => {
        if (isOver) return;
        isOver = true;
        this.#coldStarts--;
        this.#changed();
      },
    };
  }

  connected(driverId: string, welcome: Welcome): void {
    this.#set(driverId, welcome.calculationId !== null);
  }

  event(driverId: string, { type }: DriverEvent): void {
    if (type === "accepted") this.#set(driverId, true);
    else if (type === "finished") this.#set(driverId, false);
  }

  lost(driverId: string): void {
    this.#set(driverId, false);
  }

  #set(driverId: string, isBusy: boolean): void {
    if (isBusy === this.#busyDrivers.has(driverId)) return;
    if (isBusy) {
      if (this.#busyDrivers.size === 0) this.#busySince = this.#now();
      this.#busyDrivers.add(driverId);
    } else this.#busyDrivers.delete(driverId);
    this.#changed();
  }
}
