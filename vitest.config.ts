import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

// Tests that start a real Spark, which keeps both cores busy: one file at a time, after all others.
const realSpark = ["test/{adoption,cli,contract,package}/**/*.test.ts", "{src,test}/**/*.spark.test.ts"];

/**
 * They take minutes each. The sooner they begin, the less one worker waits for the last file of the other.
 */
const longest = ["/chaos/chaos.test.ts", "/engines/install.test.ts", "/races/", "/soak/"];

/**
 * They wait for pool members, which boot at low priority. So they come last, when the driver's Python tests
 * are over.
 */
const withPool = ["/contract/pool.test.ts", "/engines/table-formats.spark.test.ts"];

class Sequencer extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification) => {
      const isOneOf = (parts: readonly string[]) => parts.some((part) => moduleId.includes(part));
      return isOneOf(longest) ? 0 : isOneOf(withPool) ? 2 : 1;
    };
    return (await super.sort(files)).sort((one, other) => place(one) - place(other));
  }
}

export default defineConfig({
  test: {
    globalSetup: "scripts/test/left-behind-setup.ts",
    maxWorkers: 2,
    sequence: { sequencer: Sequencer },
    teardownTimeout: 30_000,
    // A promise that nobody awaited fails the run, and so does a test file without tests or a filter that
    // matches none.
    passWithNoTests: false,
    coverage: { provider: "v8", include: ["src/**/*.ts"], exclude: ["**/*.test.ts"] },
    projects: [
      {
        extends: true,
        test: {
          name: "fast",
          include: ["{src,test}/**/*.test.ts"],
          exclude: realSpark,
          testTimeout: 30_000,
          hookTimeout: 20_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: "spark",
          include: realSpark,
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 300_000,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
