// Runs `glaux` as a user does.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { glaux, testNode } from "../support/server.ts";

export interface Outcome {
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface RunningGlaux {
  readonly pid: number;
  /** Resolves when standard output holds this text. */
  printed(text: string): Promise<void>;
  kill(signal: NodeJS.Signals): void;
  readonly end: Promise<Outcome>;
}

/** Starts `glaux <args>`; its standard input is closed after `input`. */
export function startGlaux(env: NodeJS.ProcessEnv, args: readonly string[], input = ""): RunningGlaux {
  const child = spawn(testNode, [glaux, ...args], { env, stdio: "pipe" });
  child.stdin.end(input);
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const end = once(child, "close").then(([code]) => ({ code: code as number | null, stdout, stderr }));
  return {
    pid: child.pid ?? 0,
    printed: async (text) => {
      while (!stdout.includes(text)) {
        if (child.exitCode !== null)
          throw new Error(`it ended (${String(child.exitCode)}) without printing ${text}:\n${stdout}${stderr}`);
        await Promise.race([once(child.stdout, "data"), end]);
      }
    },
    kill: (signal) => void child.kill(signal),
    end,
  };
}

export const runGlaux = (env: NodeJS.ProcessEnv, args: readonly string[], input?: string): Promise<Outcome> =>
  startGlaux(env, args, input).end;
