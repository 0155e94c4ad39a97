// A server without engines: for all that needs no Spark, and is asked too often to wait for one. A session
// that is started FAILS at once.
import { readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { ServerProcess } from "./server-process.ts";
import { temporaryHome } from "./server.ts";

export interface EnginelessServer extends AsyncDisposable {
  /** `http://127.0.0.1:<port>` */
  readonly endpoint: string;
  readonly home: string;
  readonly pid: number;
  /** Memory in bytes that is in use, garbage not counted; NaN if it has ended. One question at a time. */
  liveBytes(): Promise<number>;
  /** What it has printed and logged. */
  log(): string;
  hasEnded(): boolean;
}

/**
 * Resolves when it accepts requests. Disposing of it ends it, and removes its data folder unless that was
 * given.
 */
export async function startEnginelessServer(options: { home?: string } = {}): Promise<EnginelessServer> {
  const home = options.home ?? temporaryHome();
  const server = ServerProcess.load(home, {
    GLAUX_LISTEN: "127.0.0.1:0",
    GLAUX_ENGINES: join(home, "no-engines"),
  });
  const endpoint = await server.begin();
  if (endpoint === undefined) throw new Error(`The server did not start; it said:\n${server.output}`);
  return {
    endpoint,
    home,
    pid: server.pid,
    liveBytes: async () => (await server.holdings())?.liveBytes ?? NaN,
    log: () => server.output + readFileSync(join(home, "glaux.log"), "utf8"),
    hasEnded: () => server.hasEnded,
    [Symbol.asyncDispose]: async () => {
      await server.end("SIGINT");
      if (options.home === undefined) await rm(home, { recursive: true, force: true });
    },
  };
}
