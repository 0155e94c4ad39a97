// What test suites count, and the closing line.

export interface Skip {
  readonly test: string;
  readonly reason: string;
}

export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: readonly Skip[];
}

export const none: Counts = { passed: 0, failed: 0, skipped: [] };

export const sum = (a: Counts, b: Counts): Counts => ({
  passed: a.passed + b.passed,
  failed: a.failed + b.failed,
  skipped: [...a.skipped, ...b.skipped],
});

/**
 * What a suite counted, set against how its runner ended: a runner that failed without a failed test (it crashed, it
 * ran nothing, it left processes behind, it took too long) counts as one failure.
 */
export const counted = (counts: Counts, exitCode: number): Counts =>
  exitCode !== 0 && counts.failed === 0 ? { ...counts, failed: 1 } : counts;

/** What a skip's reason begins with if the test needs what a machine's packages may lack: Terraform, a Python for Spark 4. */
const notToBeHad = "not to be had here: ";

/** In CI everything else that tests need can be installed, so there a skip is a failure. */
export function strict({ passed, failed, skipped }: Counts): Counts {
  const excused = skipped.filter(({ reason }) => reason.startsWith(notToBeHad));
  return { passed, failed: failed + skipped.length - excused.length, skipped: excused };
}

export function closingLine({ passed, failed, skipped }: Counts): string {
  const line = `${passed} passed, ${failed} failed`;
  return skipped.length === 0 ? line : `${line}, ${skipped.length} skipped`;
}

/** Something ran, and nothing failed. */
export const isGreen = ({ passed, failed }: Counts) => passed > 0 && failed === 0;
