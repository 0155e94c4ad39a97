import type { NotebookService } from "../notebooks/notebook-service.ts";
import { operation } from "./operation.ts";

export const importNotebook = (deps: { notebooks: Pick<NotebookService, "import"> }) =>
  operation("ImportNotebook", async (input) => ({ NotebookId: await deps.notebooks.import(input) }));
