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
        if ((idleDeadline(session) ?? Infinity) > now()) continue;
        log.info({ sessionId: session.id }, "session ended: idle timeout");
        await sessions.terminate(session.id);
      }
    } catch (error) {
      log.error({ err: error }, "looking for idle sessions failed; it is tried again");
    }
  }
}
