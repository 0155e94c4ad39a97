// A vitest reporter that writes what was counted, with the reason of every skip, to the file named by
// GLAUX_TEST_COUNTS. (vitest's JSON has no reasons, and no errors outside tests.)
import { writeFileSync } from "node:fs";
import type { Reporter, SerializedError, TestModule } from "vitest/node";
import type { Counts, Skip } from "./counts.ts";

export default class CountsReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly SerializedError[]): void {
    let passed = 0;
    let failed = unhandledErrors.length;
    const skipped: Skip[] = [];
    for (const module of modules) {
      failed += module.errors().length; // the file could not be loaded, or a hook outside its tests failed
      for (const suite of module.children.allSuites()) failed += suite.errors().length;
      for (const test of module.children.allTests()) {
        const result = test.result();
        if (result.state === "passed") passed++;
        else if (result.state === "skipped") {
          skipped.push({
            test: `${module.relativeModuleId} > ${test.fullName}`,
            reason: result.note ?? "no reason given",
          });
        } else failed++;
      }
    }
    const counts: Counts = { passed, failed, skipped };
    if (process.env["GLAUX_TEST_COUNTS"]) writeFileSync(process.env["GLAUX_TEST_COUNTS"], JSON.stringify(counts));
  }
}
