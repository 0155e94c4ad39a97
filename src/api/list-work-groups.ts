import type { WorkGroup } from "../domain/entities.ts";
import type { WorkGroupService } from "../workgroups/work-group-service.ts";
import { operation } from "./operation.ts";
import { page, type PageTokens } from "./page-token.ts";

const defaultLimit = 50;

export const listWorkGroups = (deps: {
  workGroups: Pick<WorkGroupService, "list" | "engineVersion">;
  tokens: PageTokens;
}) =>
  operation("ListWorkGroups", async (input) => {
    const { rows, NextToken } = await page<WorkGroup, { name: string }>(
      deps.tokens,
      { operation: "ListWorkGroups", filters: {}, token: input.NextToken, limit: input.MaxResults ?? defaultLimit },
      (after, limit) => deps.workGroups.list({ after: after?.name, limit }),
      ({ name }) => ({ name }),
    );
    return {
      WorkGroups: rows.map((workGroup) => ({
        Name: workGroup.name,
        State: workGroup.state,
        Description: workGroup.description ?? undefined,
        CreationTime: new Date(workGroup.createdAt),
        EngineVersion: deps.workGroups.engineVersion(workGroup),
      })),
      NextToken,
    };
  });
