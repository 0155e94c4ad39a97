import { idleLeft } from "../domain/idle.ts";
import { delay } from "../lib/delay.ts";
import type { Session } from "../domain/entities.ts";
import type { SessionService } from "./session-service.ts";
import type { SessionDeps } from "./types.ts";

/**
 * No idle timeout is shorter than a minute, so looking once a second is exact enough. A look costs one
 * indexed query.
 */
const lookEveryMs = 1_000;

export interface ReaperDeps extends Pick<SessionDeps, "store" | "now" | "ticks" | "log"> {
  sessions: Pick<SessionService, "terminate">;
}

/** Terminates sessions that have been idle for as long as their timeout. Runs until `signal` fires. */
export async function reapIdleSessions(deps: ReaperDeps, signal: AbortSignal): Promise<void> {
  const look = idleReaper(deps);
  while (await delay(lookEveryMs, signal)) {
    try {
      await look();
    } catch (error) {
      deps.log.error({ err: error }, "looking for idle sessions failed; it is tried again");
    }
  }
}

/**
 * Answers a function that looks for idle sessions once. The machine's clock (`now`) counts only for idle time
 * before this server started. From then on idle time is measured by the clock that never jumps (`ticks`), so
 * setting the machine's clock neither ends a session early nor keeps it longer.
 */
export function idleReaper({ store, now, ticks, log, sessions }: ReaperDeps): () => Promise<void> {
  const startedAt = now();
  let lookedAtTicks = ticks();
  let ends = new Map<string, { idleSinceAt: number; endTicks: number }>();
  const endOf = (session: Session, idleSinceAt: number) => {
    const known = ends.get(session.id);
    if (known?.idleSinceAt === idleSinceAt) return known;
    const leftMs = idleLeft(session, now()) ?? Infinity;
    // A session that was not idle at this server's last look has not been idle for longer than since that
    // look, whatever the machine's clock says.
    const leastMs = idleSinceAt < startedAt ? -Infinity : session.idleTimeoutS * 1000 - (ticks() - lookedAtTicks);
    return { idleSinceAt, endTicks: ticks() + Math.max(leftMs, leastMs) };
  };
  return async () => {
    const seen: typeof ends = new Map();
    for (const session of await store.sessions.inStates(["IDLE"]))
      if (session.idleSinceAt !== null) seen.set(session.id, endOf(session, session.idleSinceAt));
    ends = seen;
    lookedAtTicks = ticks();
    for (const [id, { idleSinceAt, endTicks }] of seen) {
      if (endTicks > ticks()) continue;
      // The condition spares a session that has become busy, or idle anew, since it was read.
      const ended = await sessions.terminate(id, { idleSinceAt });
      if (ended.state === "TERMINATING") log.info({ sessionId: id }, "session ended: idle timeout");
    }
  };
}
