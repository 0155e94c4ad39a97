import type { CalculationService } from "../sessions/calculation-service.ts";
import { calculationResult, calculationStatistics, calculationStatus } from "./calculation-shapes.ts";
import { operation } from "./operation.ts";

export const getCalculationExecution = (deps: { calculations: Pick<CalculationService, "status"> }) =>
  operation("GetCalculationExecution", async (input, call) => {
    const calculation = await deps.calculations.status(input.CalculationExecutionId, call.signal);
    return {
      CalculationExecutionId: calculation.id,
      SessionId: calculation.sessionId,
      Description: calculation.description ?? undefined,
      WorkingDirectory: calculation.workingDirectory,
      Status: calculationStatus(calculation),
      Statistics: calculationStatistics(calculation),
      Result: calculationResult(calculation),
    };
  });
