import type { CalculationResult, CalculationStatistics, CalculationStatus } from "@aws-sdk/client-athena";
import { isCalculationOver } from "../domain/calculation-state.ts";
import { calculationObjects } from "../domain/output-location.ts";
import type { Calculation } from "../domain/entities.ts";
import { dateOf } from "./session-shapes.ts";

/** Clients choose how to read `results` by this; it is Athena's own. */
const resultType = "application/vnd.aws.athena.v1+json";

export function calculationStatus(calculation: Calculation): CalculationStatus {
  return {
    SubmissionDateTime: new Date(calculation.submittedAt),
    CompletionDateTime: dateOf(calculation.completedAt),
    State: calculation.state,
    // Absent from a completed calculation in Athena; ours may have to say that variables were lost, but never on success.
    StateChangeReason: calculation.state === "COMPLETED" ? undefined : (calculation.stateReason ?? undefined),
  };
}

/** Never empty, from the first look on: clients index into it. */
export function calculationStatistics(calculation: Calculation): CalculationStatistics {
  const isOver = isCalculationOver(calculation.state);
  return {
    DpuExecutionInMillis: isOver ? calculation.dpuMs : 0,
    Progress: `${String(calculation.progress)}%`,
  };
}

/** Only a calculation that ran to an end has one. */
export function calculationResult(calculation: Calculation): CalculationResult | undefined {
  if (calculation.state !== "COMPLETED" && calculation.state !== "FAILED") return undefined;
  const { stdout, stderr, results } = calculationObjects(calculation.workingDirectory);
  return { StdOutS3Uri: stdout, StdErrorS3Uri: stderr, ResultS3Uri: results, ResultType: resultType };
}
