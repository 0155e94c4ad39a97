import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

export interface StepResult {
  code: number;
  stdout: string;
  /** The last lines of standard output and error, for messages. */
  tail: string;
}

export type Environment = Readonly<Record<string, string | undefined>>;

export interface StepOptions {
  /** Undefined: this process's environment. */
  env: Environment | undefined;
  cwd?: string;
  signal?: AbortSignal | undefined;
  /** After this time the program is ended, and the promise rejects. */
  limitMs?: number;
  /**
   * A lock's open file. The child gets it as descriptor 3, so an orphaned child that still works in the
   * folder keeps the lock after we have ended.
   */
  lockFd?: number | undefined;
  onLine?: (line: string) => void;
  input?: string;
}

/**
 * Runs a program to its end, without a shell, in a process group of its own. Rejects only if the program
 * cannot be started or takes too long, or if the signal fires.
 */
export async function runStep(command: string, args: readonly string[], options: StepOptions): Promise<StepResult> {
  options.signal?.throwIfAborted();
  const child = spawn(command, args, {
    cwd: options.cwd,
    ...(options.env ? { env: options.env } : {}),
    // A terminal's Ctrl-C reaches us alone, and we end the child with its children.
    detached: true,
    stdio: ["pipe", "pipe", "pipe", ...(options.lockFd === undefined ? [] : [options.lockFd])],
  });
  const { stdin, stdout, stderr } = child;
  if (!stdin || !stdout || !stderr) throw new Error(`no pipes to ${command}`);
  // Fails if the child has ended early.
  stdin.on("error", () => undefined);
  stdin.end(options.input ?? "");
  let output = "";
  const tail: string[] = [];
  const keep = (line: string): void => {
    if (line.startsWith("Progress ")) return;
    tail.push(line);
    if (tail.length > 100) tail.shift();
  };
  createInterface({ input: stdout }).on("line", (line) => {
    if (output.length < 1_000_000) output += `${line}\n`;
    keep(line);
    options.onLine?.(line);
  });
  createInterface({ input: stderr }).on("line", keep);

  const stop = endGroup(child.pid);
  const onAbort = (): void => stop();
  const limit = options.limitMs === undefined ? undefined : AbortSignal.timeout(options.limitMs);
  for (const signal of [options.signal, limit]) signal?.addEventListener("abort", onAbort, { once: true });
  try {
    const code = await new Promise<number>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (exitCode, signal) => {
        resolve(exitCode ?? (signal ? 128 : 1));
      });
    });
    options.signal?.throwIfAborted();
    if (limit?.aborted) throw new Error(`no end within ${String(Number(options.limitMs) / 1000)} s`);
    return { code, stdout: output, tail: tail.join("\n") };
  } finally {
    for (const signal of [options.signal, limit]) signal?.removeEventListener("abort", onAbort);
    stop.done();
  }
}

/** Sends SIGTERM to the whole group, and SIGKILL two seconds later. */
function endGroup(pid: number | undefined): (() => void) & { done(): void } {
  let timer: NodeJS.Timeout | undefined;
  const send = (signal: NodeJS.Signals): void => {
    if (pid === undefined) return;
    try {
      process.kill(-pid, signal);
    } catch {
      // The group has ended by itself.
    }
  };
  const stop = (): void => {
    clearTimeout(timer);
    send("SIGTERM");
    timer = setTimeout(() => {
      send("SIGKILL");
    }, 2000);
  };
  return Object.assign(stop, {
    done: () => {
      clearTimeout(timer);
    },
  });
}
