import { invalid } from "../domain/refusal.ts";
import type { Resources } from "../tags/resources.ts";
import { notEnabled } from "./not-enabled.ts";
import { operation } from "./operation.ts";

export const getResourceDashboard = (deps: { resources: Pick<Resources, "find"> }) =>
  operation("GetResourceDashboard", async (input) => {
    const resource = await deps.resources.find(input.ResourceARN);
    if (resource.kind !== "session") throw invalid("ResourceARN is not the ARN of a session.");
    throw notEnabled("GetResourceDashboard");
  });
