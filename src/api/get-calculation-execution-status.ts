import type { CalculationService } from "../sessions/calculation-service.ts";
import { calculationStatistics, calculationStatus } from "./calculation-shapes.ts";
import { operation } from "./operation.ts";

export const getCalculationExecutionStatus = (deps: { calculations: Pick<CalculationService, "status"> }) =>
  operation("GetCalculationExecutionStatus", async (input, call) => {
    const calculation = await deps.calculations.status(input.CalculationExecutionId, call.signal);
    return { Status: calculationStatus(calculation), Statistics: calculationStatistics(calculation) };
  });
