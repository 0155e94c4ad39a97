import type { WorkGroupService } from "../workgroups/work-group-service.ts";
import { operation } from "./operation.ts";

export const createWorkGroup = (deps: { workGroups: Pick<WorkGroupService, "create"> }) =>
  operation("CreateWorkGroup", async (input) => {
    await deps.workGroups.create(input);
    return {};
  });
