import type { SessionService } from "../sessions/session-service.ts";
import { operation } from "./operation.ts";

export const startSession = (deps: { sessions: Pick<SessionService, "start"> }) =>
  operation("StartSession", async (input) => {
    const session = await deps.sessions.start(input);
    return { SessionId: session.id, State: session.state };
  });
