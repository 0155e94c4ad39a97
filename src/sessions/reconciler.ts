import { activeSessionStates } from "../domain/session-state.ts";
import { delay } from "../lib/delay.ts";
import type { Fleet } from "../drivers/fleet.ts";
import type { SessionStarter } from "./session-starter.ts";
import type { SessionDeps } from "./types.ts";

const tokensKeptMs = 48 * 3600_000;
const everyMs = 60_000;

export interface ReconcilerDeps extends Pick<SessionDeps, "store" | "now" | "log"> {
  fleet: Pick<Fleet, "adoptAll" | "sweep" | "ofSession">;
  starter: SessionStarter;
}

/**
 * Brings store and processes together when the server starts: takes over the drivers that live (and buries those that died, which fails their sessions),
 * goes on with starts and terminations that were under way, ends processes of drivers that nobody knows.
 */
export async function reconcile({ store, fleet, starter, log }: ReconcilerDeps): Promise<void> {
  const adopted = await fleet.adoptAll();
  for (const session of await store.sessions.inStates([...activeSessionStates, "TERMINATING"])) {
    const driver = fleet.ofSession(session.id);
    if (session.state === "TERMINATING") starter.end(session);
    else if (driver && session.state === "CREATING") starter.adopt(session, driver);
    else if (session.state === "CREATING") starter.start(session);
    else if (!driver) await starter.fail(session.id, "The session's driver is gone");
  }
  const strays = await fleet.sweep();
  if (adopted.length > 0 || strays > 0)
    log.info({ adopted: adopted.length, strays }, "took over the drivers of an earlier server");
}

/** The same for what can go wrong later: strays, and tokens that have had their time. Runs until `signal` fires. */
export async function keepReconciled({ store, fleet, now, log }: ReconcilerDeps, signal: AbortSignal): Promise<void> {
  while (await delay(everyMs, signal)) {
    try {
      await fleet.sweep();
      await store.tokens.forget(now() - tokensKeptMs);
    } catch (error) {
      log.error({ err: error }, "reconciling failed; it is tried again");
    }
  }
}
