import type { WorkGroupService } from "../workgroups/work-group-service.ts";
import { operation } from "./operation.ts";

export const getWorkGroup = (deps: { workGroups: Pick<WorkGroupService, "get" | "engineVersion"> }) =>
  operation("GetWorkGroup", async (input) => {
    const workGroup = await deps.workGroups.get(input.WorkGroup);
    return {
      WorkGroup: {
        Name: workGroup.name,
        State: workGroup.state,
        Description: workGroup.description ?? undefined,
        Configuration: { ...workGroup.configuration, EngineVersion: deps.workGroups.engineVersion(workGroup) },
        CreationTime: new Date(workGroup.createdAt),
      },
    };
  });
