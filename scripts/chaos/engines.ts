import { join } from "node:path";
import { enginesFolder } from "../test/environment.ts";
import { makeFakeEngines } from "../../test/support/fake-engine.ts";

/** What the sessions of a run are made of. */
export interface ChaosEngine {
  /** Settings of the server; `home` is its data folder. */
  settings(home: string): Record<string, string>;
  /**
   * Code that notes its begin and its end in a file and runs for `runMs`. It prints its supervisor's pid
   * first and `whole` last.
   */
  code(file: string, runMs: number): string;
  /** The factor by which everything takes longer than with the fakes. */
  readonly pace: number;
  /** The most sessions that a run keeps at once. */
  readonly maxSessions: number;
  /**
   * True if a session takes longer to start than a round. Then a round begins when the sessions of earlier
   * rounds are ready.
   */
  readonly isSlow: boolean;
}

/** The fake engine, in which a shell stands in for Spark; see test/fixtures/drivers/fake-supervisor.mjs. */
export const fakeEngine: ChaosEngine = {
  settings: (home) => {
    const engines = join(home, "fake-engines");
    makeFakeEngines(engines);
    return { GLAUX_ENGINES: engines, NODE_COMPILE_CACHE: join(home, "compiled") };
  },
  code: (file, runMs) =>
    `sh:echo begun >> ${file}; echo $PPID; sleep ${String(runMs / 1000)}; echo whole; echo ended >> ${file}`,
  pace: 1,
  maxSessions: 5,
  isSlow: false,
};

export const sparkEngine: ChaosEngine = {
  settings: () => ({ GLAUX_ENGINES: enginesFolder, GLAUX_DRIVER_MEMORY_MB: "1024" }),
  code: (file, runMs) => `
import os, time
def note(line):
    with open(${JSON.stringify(file)}, "a") as file:
        file.write(line)
note("begun\\n")
print(os.getppid())
assert spark.range(10).count() == 10
time.sleep(${String(runMs / 1000)})
print("whole")
note("ended\\n")
`,
  pace: 12,
  maxSessions: 2,
  isSlow: true,
};
