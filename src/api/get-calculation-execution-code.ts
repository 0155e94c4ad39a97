import type { CalculationService } from "../sessions/calculation-service.ts";
import { operation } from "./operation.ts";

export const getCalculationExecutionCode = (deps: { calculations: Pick<CalculationService, "get"> }) =>
  operation("GetCalculationExecutionCode", async (input) => {
    const calculation = await deps.calculations.get(input.CalculationExecutionId);
    return { CodeBlock: calculation.code };
  });
