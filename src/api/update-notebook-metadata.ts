import type { NotebookService } from "../notebooks/notebook-service.ts";
import { operation } from "./operation.ts";

export const updateNotebookMetadata = (deps: { notebooks: Pick<NotebookService, "rename"> }) =>
  operation("UpdateNotebookMetadata", async (input) => {
    await deps.notebooks.rename(input);
    return {};
  });
