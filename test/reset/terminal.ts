// Runs `glaux` at a terminal, so that it may ask questions.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { glaux, testNode } from "../support/server.ts";

export interface GlauxAtTerminal {
  /** Resolves when the terminal shows this text. */
  shown(text: string): Promise<void>;
  type(keys: string): void;
  /**
   * Resolves when the program has ended. `output` has both standard output and standard error, as a terminal
   * shows them.
   */
  readonly end: Promise<{ code: number | null; output: string }>;
}

/** Uses script(1), which runs a program in a pseudo-terminal and passes keys and output on. */
export function glauxAtTerminal(env: NodeJS.ProcessEnv, args: readonly string[]): GlauxAtTerminal {
  const command = [testNode, glaux, ...args].map((word) => `'${word}'`).join(" ");
  const child = spawn("script", ["-q", "-e", "-c", command, "/dev/null"], {
    env: { ...env, SHELL: "/bin/sh" },
    stdio: "pipe",
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => (output += text.replaceAll("\r", "")));
  child.stdin.on("error", () => undefined); // the program has ended before it was answered
  const end = once(child, "close").then(([code]) => {
    return { code: code as number | null, output };
  });
  return {
    shown: async (text) => {
      while (!output.includes(text)) {
        if (child.exitCode !== null) throw new Error(`it ended without showing ${text}:\n${output}`);
        await Promise.race([once(child.stdout, "data"), end]);
      }
    },
    type: (keys) => void child.stdin.write(keys),
    end,
  };
}
