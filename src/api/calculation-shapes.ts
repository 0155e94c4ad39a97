import type { CalculationResult, CalculationStatistics, CalculationStatus } from "@aws-sdk/client-athena";
import { isCalculationOver } from "../domain/calculation-state.ts";
import { calculationObjects } from "../domain/output-location.ts";
import type { Calculation } from "../domain/entities.ts";
import { dateOf } from "./session-shapes.ts";

/** Athena's own type. Clients decide by this type how to read `results`. */
const resultType = "application/vnd.aws.athena.v1+json";

export function calculationStatus(calculation: Calculation): CalculationStatus {
  return {
    SubmissionDateTime: new Date(calculation.submittedAt),
    CompletionDateTime: dateOf(calculation.completedAt),
    State: calculation.state,
    // Athena gives no reason for a completed calculation. Glaux's driver may have a reason even then, for
    // instance that variables were lost. A completed calculation does not show it.
    StateChangeReason: calculation.state === "COMPLETED" ? undefined : (calculation.stateReason ?? undefined),
  };
}

/** All members are present from the first answer on, because clients index into the statistics. */
export function calculationStatistics(calculation: Calculation): CalculationStatistics {
  const isOver = isCalculationOver(calculation.state);
  return {
    DpuExecutionInMillis: isOver ? calculation.dpuMs : 0,
    Progress: `${String(calculation.progress)}%`,
  };
}

/** A calculation has a result only if it completed or failed. */
export function calculationResult(calculation: Calculation): CalculationResult | undefined {
  if (calculation.state !== "COMPLETED" && calculation.state !== "FAILED") return undefined;
  const { stdout, stderr, results } = calculationObjects(calculation.workingDirectory);
  return { StdOutS3Uri: stdout, StdErrorS3Uri: stderr, ResultS3Uri: results, ResultType: resultType };
}
