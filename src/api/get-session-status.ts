import type { SessionService } from "../sessions/session-service.ts";
import { operation } from "./operation.ts";
import { sessionStatus } from "./session-shapes.ts";

export const getSessionStatus = (deps: { sessions: Pick<SessionService, "status"> }) =>
  operation("GetSessionStatus", async (input, call) => {
    const session = await deps.sessions.status(input.SessionId, call.signal);
    return { SessionId: session.id, Status: sessionStatus(session) };
  });
