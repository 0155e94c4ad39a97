import type { Session } from "../domain/entities.ts";
import { driverLogs, logFolders } from "../domain/session-logs.ts";
import { isSessionOver } from "../domain/session-state.ts";
import type { DriverLogs } from "../drivers/logs.ts";
import type { DriverRow } from "../store/types.ts";
import type { BucketFolders, SessionDeps } from "./types.ts";

export interface LogDeliveryDeps extends Pick<SessionDeps, "store" | "now" | "log"> {
  bucketFolders: Pick<BucketFolders, "follow">;
  /** The logs of a driver; undefined if this server does not reach the place where they are. */
  logsOf: (driver: DriverRow) => DriverLogs | undefined;
  /** Where managed logs go, `s3://…`. */
  managedLogs: string;
}

/** What could not be delivered in this time after the session's end never will be. */
const triedForMs = 24 * 3600_000;

/**
 * Copies the logs of sessions to where their MonitoringConfiguration says: after each calculation, every minute, and when the processes of the session are gone,
 * before it is shown as TERMINATED. A delivery only adds what is missing, so it may come as often as it likes; the store knows whose last one is missing. It is
 * best effort: a location that cannot be written to keeps no session from ending.
 */
export class LogDelivery {
  readonly #deps: LogDeliveryDeps;
  readonly #running = new Map<string, Promise<void>>();

  constructor(deps: LogDeliveryDeps) {
    this.#deps = deps;
  }

  /** `logs` are those of the session's driver. `isLast` says that they grow no more. */
  async deliver(sessionId: string, logs: DriverLogs, { isLast = false } = {}): Promise<void> {
    const { store } = this.#deps;
    // Asked first, as most sessions have none to deliver, and this comes after each calculation.
    const session = (await store.undeliveredLogs.has(sessionId)) ? await store.sessions.find(sessionId) : undefined;
    if (session) await this.#afterEarlier(session, () => this.#deliver(session, logs, isLast));
  }

  /** All that is to be delivered, of sessions that run and of those that are over. */
  async catchUp(): Promise<void> {
    const { store, logsOf } = this.#deps;
    for (const id of await store.undeliveredLogs.list()) {
      const [session, driver] = [await store.sessions.find(id), await store.drivers.ofSession(id)];
      if (session?.state === "CREATING") continue; // its driver may still be replaced by another
      const logs = driver && logsOf(driver);
      if (session && logs) await this.deliver(id, logs, { isLast: driver.state === "ended" });
      else if (session && driver)
        continue; // a server that reaches the place of its driver delivers them
      else if (!session || isSessionOver(session.state)) await store.undeliveredLogs.delivered(id); // it never had a driver
    }
  }

  /** Two copies of one log at once would both add the same. */
  async #afterEarlier({ id }: Session, step: () => Promise<void>): Promise<void> {
    const mine = (this.#running.get(id) ?? Promise.resolve()).catch(() => undefined).then(step);
    this.#running.set(id, mine);
    try {
      await mine;
    } finally {
      if (this.#running.get(id) === mine) this.#running.delete(id);
    }
  }

  async #deliver(session: Session, logs: DriverLogs, isLast: boolean): Promise<void> {
    const { store, bucketFolders, log, now, managedLogs } = this.#deps;
    try {
      for (const uri of logFolders(session, managedLogs))
        for (const name of driverLogs) await bucketFolders.follow(uri, name, logs.open(name));
    } catch (error) {
      log.warn({ sessionId: session.id, err: error }, "a session's logs could not be delivered; it is tried again");
      if (now() - (session.endedAt ?? now()) < triedForMs) return;
    }
    if (isLast) await store.undeliveredLogs.delivered(session.id);
  }
}
