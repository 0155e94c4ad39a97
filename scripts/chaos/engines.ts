import { join } from "node:path";
import { enginesFolder } from "../test/environment.ts";
import { makeFakeEngines } from "../../test/support/fake-engine.ts";

/** What sessions are made of in a run. */
export interface ChaosEngine {
  /** Settings of the server; `home` is its data folder. */
  settings(home: string): Record<string, string>;
  /** Code that notes its begin and its end in a file, runs that long, and prints its supervisor's pid first and `whole` last. */
  code(file: string, runMs: number): string;
  /** How much longer everything takes than with the fakes. */
  readonly pace: number;
  /** Sessions that a run keeps at once. */
  readonly maxSessions: number;
  /** A round begins when the sessions of those before are ready: a session takes longer to start than a round. */
  readonly isSlow: boolean;
}

/** A shell stands where Spark would; see test/fixtures/drivers/fake-supervisor.mjs. */
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
