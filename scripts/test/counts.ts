// The counts of test suites, and the closing line.

export interface Skip {
  readonly test: string;
  readonly reason: string;
}

export interface Failure {
  readonly test: string;
  readonly message: string;
}

export interface Counts {
  readonly passed: number;
  readonly failed: number;
  /** Names of the failed tests that have one. */
  readonly failures: readonly Failure[];
  readonly skipped: readonly Skip[];
}

export const none: Counts = { passed: 0, failed: 0, failures: [], skipped: [] };

export const sum = (a: Counts, b: Counts): Counts => ({
  passed: a.passed + b.passed,
  failed: a.failed + b.failed,
  failures: [...a.failures, ...b.failures],
  skipped: [...a.skipped, ...b.skipped],
});

/**
 * A suite's counts, corrected by how its runner ended. A runner that failed without a failed test (it
 * crashed, it ran nothing, it left processes behind, it took too long) counts as one failure.
 */
export function counted(counts: Counts, runner: string, exitCode: number): Counts {
  if (exitCode === 0 || counts.failed > 0) return counts;
  const message = `it ended with exit code ${exitCode} although no test failed; it has said why where it ended`;
  return { ...counts, failed: 1, failures: [{ test: runner, message }] };
}

/**
 * How a skip's reason begins if the test needs what a machine's packages may lack: Terraform, a Python for
 * Spark 4.
 */
const notToBeHad = "not to be had here: ";

/** In CI everything else that tests need can be installed, so there any other skip is a failure. */
export function strict(counts: Counts): Counts {
  const excused = counts.skipped.filter(({ reason }) => reason.startsWith(notToBeHad));
  return { ...counts, failed: counts.failed + counts.skipped.length - excused.length, skipped: excused };
}

/** The beginning of a failure's message on one line: enough to recognise the failure in a long log. */
export const failureLine = ({ test, message }: Failure) =>
  `${test}: ${message.trim().replaceAll(/\s+/g, " ").slice(0, 400)}`;

export function closingLine({ passed, failed, skipped }: Pick<Counts, "passed" | "failed" | "skipped">): string {
  const line = `${passed} passed, ${failed} failed`;
  return skipped.length === 0 ? line : `${line}, ${skipped.length} skipped`;
}

/** True if something ran and nothing failed. */
export const isGreen = ({ passed, failed }: Pick<Counts, "passed" | "failed">) => passed > 0 && failed === 0;
