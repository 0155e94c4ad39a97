import type { ExecutorsSummary } from "@aws-sdk/client-athena";
import type { PagePosition } from "../domain/entities.ts";
import type { Executor } from "../domain/executor.ts";
import type { ExecutorService } from "../sessions/executor-service.ts";
import { operation } from "./operation.ts";
import { page, type PageTokens } from "./page-token.ts";

const defaultLimit = 100;

export const listExecutors = (deps: { executors: Pick<ExecutorService, "list">; tokens: PageTokens }) =>
  operation("ListExecutors", async (input) => {
    const filters = { sessionId: input.SessionId, state: input.ExecutorStateFilter };
    const { rows, NextToken } = await page<Executor, PagePosition>(
      deps.tokens,
      { operation: "ListExecutors", filters, token: input.NextToken, limit: input.MaxResults ?? defaultLimit },
      (after, limit) => deps.executors.list({ ...filters, after, limit }),
      ({ startedAt, id }) => ({ at: startedAt, id }),
    );
    return { SessionId: input.SessionId, ExecutorsSummary: rows.map(summary), NextToken };
  });

/** The instants are numbers of epoch milliseconds. All other instants of the API are timestamps. */
function summary({ id, type, state, startedAt, endedAt }: Executor): ExecutorsSummary {
  return {
    ExecutorId: id,
    ExecutorType: type,
    ExecutorState: state,
    StartDateTime: startedAt,
    TerminationDateTime: endedAt ?? undefined,
    ExecutorSize: 1,
  };
}
