import type { NotebookService } from "../notebooks/notebook-service.ts";
import { operation } from "./operation.ts";

export const createNotebook = (deps: { notebooks: Pick<NotebookService, "create"> }) =>
  operation("CreateNotebook", async (input) => ({ NotebookId: await deps.notebooks.create(input) }));
