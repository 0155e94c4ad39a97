// A data folder, and the servers on it as `glaux serve` starts them: for what happens over restarts. Its
// sessions have fake drivers, or a real Spark.
import { writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { athenaUser, type AthenaUser } from "./athena-user.ts";
import { makeFakeEngines } from "./fake-engine.ts";
import { startServer, temporaryHome, type ServerOptions, type TestServer } from "./server.ts";

/** The servers come one after the other. Disposing of it ends the last one and its sessions. */
export class ServedFolder implements AsyncDisposable {
  readonly home: string;
  readonly #engines: string | undefined;
  #listen = "127.0.0.1:0";
  #server: TestServer | undefined;
  #user: AthenaUser | undefined;

  constructor(home = temporaryHome(), { isSparkReal = false } = {}) {
    this.home = home;
    if (isSparkReal) return;
    this.#engines = temporaryHome();
    makeFakeEngines(this.#engines);
  }

  /** For commands and servers on this folder. */
  get env(): NodeJS.ProcessEnv {
    return this.#engines === undefined ? {} : { GLAUX_ENGINES: this.#engines };
  }

  /** What is started in a supervisor's place from now on: a script of `sh`. */
  replaceSupervisor(script: string): void {
    if (this.#engines === undefined) throw new Error("Its supervisors are real");
    writeFileSync(join(this.#engines, "3.5/fake/venv/bin/python"), `#!/bin/sh\n${script}\n`);
  }

  get server(): TestServer {
    if (!this.#server) throw new Error("No server was started");
    return this.#server;
  }

  get user(): AthenaUser {
    if (!this.#user) throw new Error("No server was started");
    return this.#user;
  }

  async start({ env = {} }: ServerOptions = {}): Promise<void> {
    this.#user?.[Symbol.dispose]();
    // On the port of the first one: clients remember where they found it.
    this.#server = await startServer({ home: this.home, env: { ...this.env, GLAUX_LISTEN: this.#listen, ...env } });
    this.#listen = new URL(this.#server.endpoint).host;
    this.#user = athenaUser(this.#server);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#user?.[Symbol.dispose]();
    await this.#server?.stop("SIGINT");
    await rm(this.home, { recursive: true, force: true });
    if (this.#engines !== undefined) await rm(this.#engines, { recursive: true, force: true });
  }
}
