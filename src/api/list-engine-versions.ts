import type { WorkGroupService } from "../workgroups/work-group-service.ts";
import { operation } from "./operation.ts";
import { pageOf, type PageTokens } from "./page-token.ts";

const defaultLimit = 10;

export const listEngineVersions = (deps: {
  workGroups: Pick<WorkGroupService, "engineVersions">;
  tokens: PageTokens;
}) =>
  operation("ListEngineVersions", async (input) => {
    const { rows, NextToken } = await pageOf(
      deps.tokens,
      {
        operation: "ListEngineVersions",
        filters: {},
        token: input.NextToken,
        limit: input.MaxResults ?? defaultLimit,
      },
      await deps.workGroups.engineVersions(),
    );
    return { EngineVersions: rows, NextToken };
  });
