import type { ServedOperation } from "./shapes.generated.ts";

const storedOnly =
  "The settings for encryption, for the ownership of results and for SQL queries are stored and echoed. They have no effect, because results are files in a folder.";

/**
 * What a served operation leaves out, and why. Rendered into docs/operations.md. docs/compatibility.md has
 * more details.
 */
export const operationGaps: Partial<Record<ServedOperation, string>> = {
  CreateWorkGroup: storedOnly,
  ImportNotebook: "NotebookS3LocationUri takes `s3://` only: the server fetches nothing from elsewhere.",
  ListExecutors:
    "Only the coordinator is listed. A session has no other executors, because clusters are not built yet.",
  StartSession:
    "ExecutionRole is stored and echoed, but not checked, because Glaux has no IAM. Logs are not delivered to CloudWatch, because Glaux has none.",
  UpdateWorkGroup: storedOnly,
};
