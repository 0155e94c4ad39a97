import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Environment, runStep, type StepResult } from "../lib/run-step.ts";
import type { Pack } from "./pack.ts";
import type { InstallProgress, InstallStep, OnProgress } from "./progress.ts";

/** What the steps of one install share. */
export interface InstallContext {
  /** The folder of this build of the engine. */
  build: string;
  env: Environment;
  /**
   * The unpacked archive of `glaux pack` that packages and jars come from; undefined: they come from the
   * network.
   */
  pack: Pack | undefined;
  /**
   * For every child process: its environment, the signal that aborts it, and the lock that it has to hold.
   */
  step: { env: Environment; signal: AbortSignal; lockFd: number };
  run(command: string, args: readonly string[]): Promise<StepResult>;
  progress: OnProgress;
}

export function installContext(
  options: Pick<InstallContext, "build" | "env" | "progress"> & { signal: AbortSignal; pack?: Pack | undefined },
  lockFd: number,
): InstallContext {
  // A PYTHONPATH from the user would mix other packages into the engine.
  const { PYTHONPATH: _path, PYTHONHOME: _home, ...env } = options.env;
  const step = { env, signal: options.signal, lockFd };
  return {
    build: options.build,
    env,
    pack: options.pack,
    step,
    run: (command, args) => runStep(command, args, step),
    progress: options.progress,
  };
}

/** Reports what a step does now, with the time since it began. */
export type Report = (message: string, download?: InstallProgress["download"]) => void;

/** Reports a step's begin and end. */
export async function reported<T>(
  progress: OnProgress,
  step: InstallStep,
  message: string,
  work: (report: Report) => Promise<T>,
  summary: (result: T) => string,
): Promise<T> {
  const startedAt = performance.now();
  const report: Report = (text, download) => {
    progress({
      step,
      state: "running",
      message: text,
      ...(download ? { download } : {}),
      elapsedMs: performance.now() - startedAt,
    });
  };
  report(message);
  const result = await work(report);
  progress({ step, state: "done", message: summary(result), elapsedMs: performance.now() - startedAt });
  return result;
}

/**
 * Runs a step that need not be done twice. A file in the build's folder, the step's stamp, says that the step
 * was done to its end. A step without a stamp starts from nothing, whatever an interrupted run left.
 */
export async function once(
  context: InstallContext,
  step: InstallStep,
  stamp: string,
  message: string,
  work: (report: Report) => Promise<void>,
): Promise<void> {
  const file = join(context.build, "stamps", stamp);
  if (existsSync(file)) {
    context.progress({ step, state: "skipped", message: `${message} (done before)`, elapsedMs: 0 });
    return;
  }
  await reported(context.progress, step, message, work, () => message);
  await mkdir(join(context.build, "stamps"), { recursive: true });
  await writeFile(file, "");
}
