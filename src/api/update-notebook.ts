import type { NotebookService } from "../notebooks/notebook-service.ts";
import { operation } from "./operation.ts";

export const updateNotebook = (deps: { notebooks: Pick<NotebookService, "save"> }) =>
  operation("UpdateNotebook", async (input) => {
    await deps.notebooks.save(input);
    return {};
  });
