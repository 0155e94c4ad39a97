import { defineConfig } from "vitest/config";

// Tests that start a real Spark, or measure: one file at a time, after all others. Everything else may run in parallel.
const realSpark = ["test/{adoption,cli,contract,package,spark}/**/*.test.ts", "{src,test}/**/*.spark.test.ts"];

export default defineConfig({
  test: {
    globalSetup: "scripts/test/left-behind-setup.ts",
    maxWorkers: 2,
    teardownTimeout: 30_000,
    // A promise that nobody awaited fails the run, and so does a test file without tests or a filter that matches none.
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
