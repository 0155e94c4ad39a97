import { invalid } from "../domain/refusal.ts";
import { activeSessionStates } from "../domain/session-state.ts";
import type { SessionService } from "../sessions/session-service.ts";
import { notEnabled } from "./not-enabled.ts";
import { operation } from "./operation.ts";

export const getSessionEndpoint = (deps: { sessions: Pick<SessionService, "get"> }) =>
  operation("GetSessionEndpoint", async (input) => {
    const session = await deps.sessions.get(input.SessionId);
    // The text is Athena's, whatever the session's state is.
    if (!activeSessionStates.includes(session.state))
      throw invalid("Can not generate Session endpoint URL for Session in STOPPED state");
    throw notEnabled("GetSessionEndpoint");
  });
