import type { PagePosition } from "../domain/entities.ts";
import type { NotebookService } from "../notebooks/notebook-service.ts";
import { operation } from "./operation.ts";
import { page, type PageTokens } from "./page-token.ts";

/** The model limits the answer's list to this length, although MaxResults may be up to 100. */
const maxLimit = 10;

export const listNotebookSessions = (deps: { notebooks: Pick<NotebookService, "sessions">; tokens: PageTokens }) =>
  operation("ListNotebookSessions", async (input) => {
    const filters = { notebookId: input.NotebookId };
    const limit = Math.min(input.MaxResults ?? maxLimit, maxLimit);
    const { rows, NextToken } = await page<{ id: string; createdAt: number }, PagePosition>(
      deps.tokens,
      { operation: "ListNotebookSessions", filters, token: input.NextToken, limit },
      (after, count) => deps.notebooks.sessions(input.NotebookId, { after, limit: count }),
      ({ createdAt, id }) => ({ at: createdAt, id }),
    );
    return {
      NotebookSessionsList: rows.map(({ id, createdAt }) => ({ SessionId: id, CreationTime: new Date(createdAt) })),
      NextToken,
    };
  });
