import type { NotebookService } from "../notebooks/notebook-service.ts";
import { notebookMetadata } from "./notebook-shapes.ts";
import { operation } from "./operation.ts";

export const getNotebookMetadata = (deps: { notebooks: Pick<NotebookService, "get"> }) =>
  operation("GetNotebookMetadata", async (input) => ({
    NotebookMetadata: notebookMetadata(await deps.notebooks.get(input.NotebookId)),
  }));
