import type { NotebookService } from "../notebooks/notebook-service.ts";
import { operation } from "./operation.ts";

export const deleteNotebook = (deps: { notebooks: Pick<NotebookService, "delete"> }) =>
  operation("DeleteNotebook", async (input) => {
    await deps.notebooks.delete(input.NotebookId);
    return {};
  });
