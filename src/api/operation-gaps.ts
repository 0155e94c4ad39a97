import type { ServedOperation } from "./shapes.generated.ts";

const storedOnly =
  "Encryption, ownership of results and all that concerns SQL queries is stored and echoed, and has no effect: results are files in a folder.";

/**
 * What a served operation leaves out, and why. Rendered into docs/operations.md. docs/compatibility.md has
 * more details.
 */
export const operationGaps: Partial<Record<ServedOperation, string>> = {
  CreateWorkGroup: storedOnly,
  ImportNotebook: "NotebookS3LocationUri takes `s3://` only: the server fetches nothing from elsewhere.",
  ListExecutors: "The coordinator alone: a session has no other executors, because clusters are not built yet.",
  StartSession:
    "ExecutionRole is stored and echoed, and checked by nobody: there is no IAM. Logs are not delivered to CloudWatch: there is none.",
  UpdateWorkGroup: storedOnly,
};
