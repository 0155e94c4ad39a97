import type { SessionService } from "../sessions/session-service.ts";
import type { PagePosition, Session } from "../domain/entities.ts";
import { operation } from "./operation.ts";
import { page, type PageTokens } from "./page-token.ts";
import { sessionStatus } from "./session-shapes.ts";

const defaultLimit = 100;

export const listSessions = (deps: { sessions: Pick<SessionService, "list">; tokens: PageTokens }) =>
  operation("ListSessions", async (input) => {
    const filters = { workGroup: input.WorkGroup, state: input.StateFilter };
    const { rows, NextToken } = await page<Session, PagePosition>(
      deps.tokens,
      { operation: "ListSessions", filters, token: input.NextToken, limit: input.MaxResults ?? defaultLimit },
      (after, limit) => deps.sessions.list({ ...filters, after, limit }),
      ({ createdAt, id }) => ({ at: createdAt, id }),
    );
    return { Sessions: rows.map(summary), NextToken };
  });

function summary(session: Session) {
  return {
    SessionId: session.id,
    Description: session.description ?? undefined,
    EngineVersion: { SelectedEngineVersion: session.engineVersion, EffectiveEngineVersion: session.engineVersion },
    NotebookVersion: session.notebookVersion ?? undefined,
    Status: sessionStatus(session),
  };
}
