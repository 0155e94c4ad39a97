// A server without engines, in a process of its own: for all that needs no Spark, and is asked too often to wait for one.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { glauxEnvironment, temporaryHome, testNode } from "./server.ts";

export interface EnginelessServer extends AsyncDisposable {
  /** `http://127.0.0.1:<port>` */
  readonly endpoint: string;
  readonly home: string;
  readonly pid: number;
  /** Memory in bytes that is in use, garbage not counted. One question at a time. */
  liveBytes(): Promise<number>;
  /** What it has printed and logged. */
  log(): string;
  hasEnded(): boolean;
}

/** Resolves when it accepts requests. Disposing of it ends it, and removes its data folder unless that was given. */
export async function startEnginelessServer(options: { home?: string } = {}): Promise<EnginelessServer> {
  const home = options.home ?? temporaryHome();
  const program = join(import.meta.dirname, "serve-without-engines.ts");
  const env = glauxEnvironment(home, { GLAUX_LISTEN: "127.0.0.1:0", GLAUX_ENGINES: join(home, "no-engines") });
  const child = spawn(testNode, ["--expose-gc", program], { env, stdio: ["ignore", "pipe", "pipe"] });
  const exited = once(child, "exit");
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (output += text));
  while (!output.includes("\n")) {
    await Promise.race([once(child.stdout, "data"), exited]);
    if (child.exitCode !== null) throw new Error(`The server did not start; it said:\n${output}`);
  }
  const pid = child.pid ?? 0;
  return {
    endpoint: /^http:.*$/m.exec(output)?.[0] ?? "",
    home,
    pid,
    liveBytes: async () => {
      const asked = output.length;
      child.kill("SIGUSR2");
      for (;;) {
        const answer = /^live (\d+)$/m.exec(output.slice(asked))?.[1];
        if (answer !== undefined) return Number(answer);
        await Promise.race([once(child.stdout, "data"), exited]);
        if (child.exitCode !== null || child.signalCode !== null) return NaN;
      }
    },
    log: () => output + readFileSync(join(home, "glaux.log"), "utf8"),
    hasEnded: () => child.exitCode !== null || child.signalCode !== null,
    [Symbol.asyncDispose]: async () => {
      child.kill("SIGTERM");
      await exited;
      if (options.home === undefined) await rm(home, { recursive: true, force: true });
    },
  };
}
