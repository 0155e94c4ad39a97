import type { CalculationService } from "../sessions/calculation-service.ts";
import { operation } from "./operation.ts";

export const startCalculationExecution = (deps: { calculations: Pick<CalculationService, "start"> }) =>
  operation("StartCalculationExecution", async (input) => {
    const calculation = await deps.calculations.start(input);
    return { CalculationExecutionId: calculation.id, State: calculation.state };
  });
