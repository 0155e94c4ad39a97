import { idleDeadline } from "../domain/idle.ts";
import { delay } from "../lib/delay.ts";
import type { SessionService } from "./session-service.ts";
import type { SessionDeps } from "./types.ts";

/** Nothing idles for less than a minute, so a look a second is exact enough and costs one indexed query. */
const lookEveryMs = 1_000;

/** Terminates sessions that were idle for their timeout. Runs until `signal` fires. */
export async function reapIdleSessions(
  deps: Pick<SessionDeps, "store" | "now" | "log"> & { sessions: Pick<SessionService, "terminate"> },
  signal: AbortSignal,
): Promise<void> {
  const { store, now, log, sessions } = deps;
  while (await delay(lookEveryMs, signal)) {
    try {
      for (const session of await store.sessions.inStates(["IDLE"])) {
        if (session.idleSinceAt === null || (idleDeadline(session) ?? Infinity) > now()) continue;
        // Not one that has become busy, or idle anew, since it was read.
        const ended = await sessions.terminate(session.id, { idleSinceAt: session.idleSinceAt });
        if (ended.state === "TERMINATING") log.info({ sessionId: session.id }, "session ended: idle timeout");
      }
    } catch (error) {
      log.error({ err: error }, "looking for idle sessions failed; it is tried again");
    }
  }
}
