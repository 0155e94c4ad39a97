import type { DriverListener } from "../drivers/types.ts";
import type { Pool } from "./pool.ts";

/** Drivers of sessions report to `sessions`, and the pool learns from them what users wait for; those that no session has report to the pool. */
export function shareListener(sessions: DriverListener, pool: Pick<Pool, "listener" | "work">): DriverListener {
  const { listener, work } = pool;
  return {
    connected(driver, welcome) {
      if (driver.sessionId === null) return listener.connected(driver, welcome);
      work.connected(driver.id, welcome);
      return sessions.connected(driver, welcome);
    },
    event(driver, event) {
      if (driver.sessionId === null) return listener.event(driver, event);
      work.event(driver.id, event);
      return sessions.event(driver, event);
    },
    progress: (driver, progress) => sessions.progress(driver, progress),
    silent: (driver, isSilent) => (driver.sessionId === null ? listener : sessions).silent(driver, isSilent),
    lost(driver, why) {
      if (driver.sessionId === null) return listener.lost(driver, why);
      work.lost(driver.id);
      return sessions.lost(driver, why);
    },
  };
}
