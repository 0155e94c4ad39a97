import type { NotebookMetadata } from "@aws-sdk/client-athena";
import type { Notebook } from "../domain/entities.ts";

export function notebookMetadata(notebook: Notebook): NotebookMetadata {
  return {
    NotebookId: notebook.id,
    Name: notebook.name,
    WorkGroup: notebook.workGroup,
    CreationTime: new Date(notebook.createdAt),
    Type: "IPYNB",
    LastModifiedTime: new Date(notebook.modifiedAt),
  };
}
