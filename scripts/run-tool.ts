// Runs one program of the workbench to its end.
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { constants } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

export const root = join(import.meta.dirname, "..");

export interface ToolOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** Output goes to the terminal as it comes, instead of into the outcome. */
  readonly live?: boolean;
  /** After this time the program is ended, and the outcome says so. */
  readonly limitMs?: number;
}

export interface ToolOutcome {
  /** Exit code; 128 + n if signal n ended it. */
  readonly code: number;
  /** stdout and stderr in the order they came; empty if live. */
  readonly output: string;
  readonly timedOut: boolean;
}

const running = new Set<ChildProcess>();

let interrupted = false;

// A Ctrl-C ends the program that runs, and then this process.
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => {
    interrupted = true;
    if (running.size === 0) process.exit(128 + constants.signals[signal]);
    for (const child of running) child.kill(signal);
  });
}

export async function runTool(
  command: string,
  args: readonly string[],
  options: ToolOptions = {},
): Promise<ToolOutcome> {
  goOnUnlessInterrupted();
  const { env = process.env, cwd = root, live = false, limitMs } = options;
  const child = spawn(command, args, { cwd, env, stdio: live ? "inherit" : ["ignore", "pipe", "pipe"] });
  running.add(child);
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (text: string) => (output += text));
  }
  const closed = new Promise((resolve) => child.once("close", resolve));
  let timedOut = false;
  const timer = setTimeout(
    () => {
      timedOut = true;
      child.kill("SIGTERM");
      setTimeout(() => child.kill("SIGKILL"), 10_000).unref();
    },
    limitMs ?? 2 ** 31 - 1,
  );
  try {
    const [code, signal] = (await once(child, "exit")) as [number | null, NodeJS.Signals | null];
    // Waits a moment for the output. A process that the program left behind may hold it open.
    await Promise.race([closed, sleep(1_000, undefined, { ref: false })]);
    goOnUnlessInterrupted();
    return { code: code ?? 128 + constants.signals[signal ?? "SIGKILL"], output, timedOut };
  } catch (error) {
    if (interrupted) throw error;
    return { code: 127, output: `${command} could not be started: ${String(error)}\n`, timedOut };
  } finally {
    clearTimeout(timer);
    running.delete(child);
    child.stdout?.destroy();
    child.stderr?.destroy();
  }
}

function goOnUnlessInterrupted(): void {
  if (interrupted) throw new Error("Interrupted.");
}

/** Runs a script of an npm package, or of this checkout, on this Node. */
export const runNode = (args: readonly string[], options?: ToolOptions) => runTool(process.execPath, args, options);
