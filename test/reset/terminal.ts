// Runs `glaux` at a terminal, where it may ask.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { glaux, testNode } from "../support/server.ts";

export interface GlauxAtTerminal {
  /** Resolves when the terminal shows this. */
  shown(text: string): Promise<void>;
  type(keys: string): void;
  /** The terminal shows both outputs of a program. */
  readonly end: Promise<{ code: number | null; output: string }>;
}

/** By script(1), which gives a program a terminal of its own and passes keys and output on. */
export function glauxAtTerminal(env: NodeJS.ProcessEnv, args: readonly string[]): GlauxAtTerminal {
  const command = [testNode, glaux, ...args].map((word) => `'${word}'`).join(" ");
  const child = spawn("script", ["-q", "-e", "-c", command, "/dev/null"], {
    env: { ...env, SHELL: "/bin/sh" },
    stdio: "pipe",
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => (output += text.replaceAll("\r", "")));
  child.stdin.on("error", () => undefined); // it has ended before it was answered
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
