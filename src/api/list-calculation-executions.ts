import type { CalculationService } from "../sessions/calculation-service.ts";
import type { Calculation, PagePosition } from "../domain/entities.ts";
import { calculationStatus } from "./calculation-shapes.ts";
import { operation } from "./operation.ts";
import { page, type PageTokens } from "./page-token.ts";

const defaultLimit = 100;

export const listCalculationExecutions = (deps: {
  calculations: Pick<CalculationService, "list">;
  tokens: PageTokens;
}) =>
  operation("ListCalculationExecutions", async (input) => {
    const filters = { sessionId: input.SessionId, state: input.StateFilter };
    const { rows, NextToken } = await page<Calculation, PagePosition>(
      deps.tokens,
      {
        operation: "ListCalculationExecutions",
        filters,
        token: input.NextToken,
        limit: input.MaxResults ?? defaultLimit,
      },
      (after, limit) => deps.calculations.list({ ...filters, after, limit }),
      ({ submittedAt, id }) => ({ at: submittedAt, id }),
    );
    return { Calculations: rows.map(summary), NextToken };
  });

function summary(calculation: Calculation) {
  return {
    CalculationExecutionId: calculation.id,
    Description: calculation.description ?? undefined,
    Status: calculationStatus(calculation),
  };
}
