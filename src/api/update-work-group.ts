import type { WorkGroupService } from "../workgroups/work-group-service.ts";
import { operation } from "./operation.ts";

export const updateWorkGroup = (deps: { workGroups: Pick<WorkGroupService, "update"> }) =>
  operation("UpdateWorkGroup", async (input) => {
    await deps.workGroups.update(input);
    return {};
  });
