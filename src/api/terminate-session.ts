import type { SessionService } from "../sessions/session-service.ts";
import { operation } from "./operation.ts";

export const terminateSession = (deps: { sessions: Pick<SessionService, "terminate"> }) =>
  operation("TerminateSession", async (input) => {
    const session = await deps.sessions.terminate(input.SessionId);
    return { State: session.state };
  });
