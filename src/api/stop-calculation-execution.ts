import type { CalculationService } from "../sessions/calculation-service.ts";
import { operation } from "./operation.ts";

export const stopCalculationExecution = (deps: { calculations: Pick<CalculationService, "stop"> }) =>
  operation("StopCalculationExecution", async (input) => {
    const calculation = await deps.calculations.stop(input.CalculationExecutionId);
    return { State: calculation.state };
  });
