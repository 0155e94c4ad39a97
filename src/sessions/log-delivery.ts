import type { Session } from "../domain/entities.ts";
import { driverLogs, logFolders } from "../domain/session-logs.ts";
import { isSessionOver } from "../domain/session-state.ts";
import type { DriverLogs } from "../drivers/logs.ts";
import type { DriverRow } from "../store/types.ts";
import type { BucketFolders, SessionDeps } from "./types.ts";

export interface LogDeliveryDeps extends Pick<SessionDeps, "store" | "now" | "log"> {
  bucketFolders: Pick<BucketFolders, "follow">;
  /** The logs of a driver. Undefined if this server does not reach the place where the driver is. */
  logsOf: (driver: DriverRow) => DriverLogs | undefined;
  /** URI prefix under which managed logs are stored, `s3://…`. */
  managedLogs: string;
}

/** Logs that could not be delivered within this time after the session's end are never delivered. */
const triedForMs = 24 * 3600_000;

/**
 * Copies the logs of sessions to where their MonitoringConfiguration says: after each calculation, every
 * minute, and a last time when the processes of the session are gone, before the session is shown as
 * TERMINATED. A delivery copies only what is missing at the destination, so it may be repeated as often as
 * needed. The store knows which sessions still lack their last delivery. Delivery is best effort: a
 * destination that cannot be written to does not keep a session from ending.
 */
export class LogDelivery {
  readonly #deps: LogDeliveryDeps;
  readonly #running = new Map<string, Promise<void>>();

  constructor(deps: LogDeliveryDeps) {
    this.#deps = deps;
  }

  /**
   * Delivers one session's logs. `logs` are the logs of the session's driver. `isLast` says that they do not
   * grow any more.
   */
  async deliver(sessionId: string, logs: DriverLogs, { isLast = false } = {}): Promise<void> {
    const { store } = this.#deps;
    // This cheap question comes first, because the call follows each calculation and most sessions have no
    // logs to deliver.
    const session = (await store.undeliveredLogs.has(sessionId)) ? await store.sessions.find(sessionId) : undefined;
    if (session) await this.#afterEarlier(session, () => this.#deliver(session, logs, isLast));
  }

  /** Delivers the undelivered logs of all sessions, both running and ended. */
  async catchUp(): Promise<void> {
    const { store, logsOf } = this.#deps;
    for (const id of await store.undeliveredLogs.list()) {
      const [session, driver] = [await store.sessions.find(id), await store.drivers.ofSession(id)];
      if (session?.state === "CREATING") continue; // the session's driver may still be replaced
      const logs = driver && logsOf(driver);
      if (session && logs) await this.deliver(id, logs, { isLast: driver.state === "ended" });
      else if (session && driver)
        continue; // the logs are delivered by a server that reaches the driver's place
      // The session never had a driver.
      else if (!session || isSessionOver(session.state)) await store.undeliveredLogs.delivered(id);
    }
  }

  /**
   * Deliveries for one session run one after the other, because two at once would both append the same bytes.
   */
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
