import type { WorkGroupService } from "../workgroups/work-group-service.ts";
import { operation } from "./operation.ts";

export const deleteWorkGroup = (deps: { workGroups: Pick<WorkGroupService, "delete"> }) =>
  operation("DeleteWorkGroup", async (input) => {
    await deps.workGroups.delete(input.WorkGroup, input.RecursiveDeleteOption ?? false);
    return {};
  });
