// A server as `glaux serve` starts it, whose sessions have fake drivers: for faults that need no Spark.
import { writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { athenaUser, type AthenaUser } from "../support/athena-user.ts";
import { makeFakeEngines } from "../support/fake-engine.ts";
import { startServer, temporaryHome, type ServerOptions, type TestServer } from "../support/server.ts";

/** A data folder, and the servers on it, one after the other. Disposing of it ends the last one and its sessions. */
export class FakeService implements AsyncDisposable {
  readonly home: string;
  readonly #engines: string;
  #listen = "127.0.0.1:0";
  #server: TestServer | undefined;
  #user: AthenaUser | undefined;

  constructor(home = temporaryHome()) {
    this.home = home;
    this.#engines = temporaryHome();
    makeFakeEngines(this.#engines);
  }

  /** For commands and servers on this folder. */
  get env(): NodeJS.ProcessEnv {
    return { GLAUX_ENGINES: this.#engines };
  }

  /** What is started in a supervisor's place from now on: a script of `sh`. */
  replaceSupervisor(script: string): void {
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
    await rm(this.#engines, { recursive: true, force: true });
  }
}
