import { invalid, type Refusal } from "../domain/refusal.ts";

/**
 * Operations that check their request as every other operation does, but have no answer to give. Rendered
 * into docs/operations.md.
 */
export const notEnabledOperations = {
  GetSessionEndpoint: "Spark Connect is not built yet",
  GetResourceDashboard: "the Spark UI is not served yet",
  CreatePresignedNotebookUrl: "the notebook editor is not built yet",
} as const;

export function notEnabled(operation: keyof typeof notEnabledOperations): Refusal {
  return invalid(`${operation} is not enabled on this server: ${notEnabledOperations[operation]}.`);
}
