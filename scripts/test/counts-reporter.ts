// A vitest reporter that writes the counts of tests, with the reason of every skip, to the file named by
// GLAUX_TEST_COUNTS. (vitest's JSON has no reasons, and no errors outside tests.)
import { writeFileSync } from "node:fs";
import type { Reporter, SerializedError, TestModule } from "vitest/node";
import type { Counts, Failure, Skip } from "./counts.ts";

export default class CountsReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly SerializedError[]): void {
    let passed = 0;
    const failures: Failure[] = [];
    const skipped: Skip[] = [];
    const fail = (test: string, errors: readonly SerializedError[]) => {
      for (const { message } of errors) failures.push({ test, message });
    };
    fail("outside all tests", unhandledErrors);
    for (const module of modules) {
      const file = module.relativeModuleId;
      // The file could not be loaded, or a hook outside its tests failed.
      fail(file, module.errors());
      for (const suite of module.children.allSuites()) fail(`${file} > ${suite.fullName}`, suite.errors());
      for (const test of module.children.allTests()) {
        const name = `${file} > ${test.fullName}`;
        const result = test.result();
        if (result.state === "passed") passed++;
        else if (result.state === "skipped") skipped.push({ test: name, reason: result.note ?? "no reason given" });
        else fail(name, [result.errors?.[0] ?? { message: `it is left ${result.state}` }]);
      }
    }
    const counts: Counts = { passed, failed: failures.length, failures, skipped };
    if (process.env["GLAUX_TEST_COUNTS"]) writeFileSync(process.env["GLAUX_TEST_COUNTS"], JSON.stringify(counts));
  }
}
