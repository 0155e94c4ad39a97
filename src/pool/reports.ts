import type { DriverListener } from "../drivers/types.ts";
import type { ChangeHub } from "../lib/change-hub.ts";
import { Members } from "./members.ts";
import type { PoolLog } from "./types.ts";
import { UserWork } from "./user-work.ts";

/** The hub's key for changes that may give the pool something to do. */
export const poolKey = "pool";

/**
 * Collects what drivers report, as far as the pool needs it. These reports are a part of their own because of
 * the order in which parts are made: the drivers report here from their first moment, and the pool, which
 * starts drivers, is made after the drivers.
 */
export class PoolReports {
  readonly members: Members;
  readonly work: UserWork;

  /** `now` is a clock that never jumps. */
  constructor({ hub, now, log }: { hub: ChangeHub; now: () => number; log: PoolLog }) {
    const changed = () => {
      hub.notify(poolKey);
    };
    this.members = new Members({ now, log, changed });
    this.work = new UserWork(now);
  }

  /**
   * Shares the reports with `sessions`. The reports of a session's driver go to `sessions`, and the pool
   * learns from them what users wait for. The reports of a driver without a session go to the pool.
   */
  sharedWith(sessions: DriverListener): DriverListener {
    const { members, work } = this;
    return {
      connected(driver, welcome) {
        if (driver.sessionId === null) return members.listener.connected(driver, welcome);
        work.connected(driver.id, welcome);
        return sessions.connected(driver, welcome);
      },
      event(driver, event) {
        if (driver.sessionId === null) return members.listener.event(driver, event);
        work.event(driver.id, event);
        return sessions.event(driver, event);
      },
      progress: (driver, progress) => sessions.progress(driver, progress),
      silent: (driver, isSilent) => (driver.sessionId === null ? members.listener : sessions).silent(driver, isSilent),
      lost(driver, why) {
        if (driver.sessionId === null) return members.listener.lost(driver, why);
        work.lost(driver.id);
        return sessions.lost(driver, why);
      },
    };
  }
}
