import type { NotebookService } from "../notebooks/notebook-service.ts";
import { notebookMetadata } from "./notebook-shapes.ts";
import { operation } from "./operation.ts";

export const exportNotebook = (deps: { notebooks: Pick<NotebookService, "export"> }) =>
  operation("ExportNotebook", async (input) => {
    const { notebook, payload } = await deps.notebooks.export(input.NotebookId);
    return { NotebookMetadata: notebookMetadata(notebook), Payload: payload };
  });
