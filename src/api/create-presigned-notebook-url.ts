import { invalid } from "../domain/refusal.ts";
import { activeSessionStates } from "../domain/session-state.ts";
import type { SessionService } from "../sessions/session-service.ts";
import { notEnabled } from "./not-enabled.ts";
import { operation } from "./operation.ts";

export const createPresignedNotebookUrl = (deps: { sessions: Pick<SessionService, "get"> }) =>
  operation("CreatePresignedNotebookUrl", async (input) => {
    const session = await deps.sessions.get(input.SessionId);
    if (session.notebookVersion === null) throw invalid(`Session ${session.id} was not started for a notebook.`);
    if (!activeSessionStates.includes(session.state)) throw invalid(`Session is in the ${session.state} state.`);
    throw notEnabled("CreatePresignedNotebookUrl");
  });
