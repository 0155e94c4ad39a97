import type { Notebook, PagePosition } from "../domain/entities.ts";
import type { NotebookService } from "../notebooks/notebook-service.ts";
import { notebookMetadata } from "./notebook-shapes.ts";
import { operation } from "./operation.ts";
import { page, type PageTokens } from "./page-token.ts";

const defaultLimit = 50;

export const listNotebookMetadata = (deps: { notebooks: Pick<NotebookService, "list">; tokens: PageTokens }) =>
  operation("ListNotebookMetadata", async (input) => {
    const filters = { workGroup: input.WorkGroup, nameContains: input.Filters?.Name };
    const { rows, NextToken } = await page<Notebook, PagePosition>(
      deps.tokens,
      { operation: "ListNotebookMetadata", filters, token: input.NextToken, limit: input.MaxResults ?? defaultLimit },
      (after, limit) => deps.notebooks.list({ ...filters, after, limit }),
      ({ createdAt, id }) => ({ at: createdAt, id }),
    );
    return { NotebookMetadataList: rows.map(notebookMetadata), NextToken };
  });
