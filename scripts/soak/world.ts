import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { deferred } from "../../src/lib/deferred.ts";
import { assertNothingLeft, processesOn, temporaryHome } from "../../test/support/server.ts";
import { ServerProcess } from "../../test/support/server-process.ts";
import { Client, type Outcome } from "../chaos/client.ts";
import { fakeEngine } from "../chaos/engines.ts";
import { driversOf } from "../chaos/processes.ts";
import { must } from "../chaos/violation.ts";

/** A data folder with one server after the other. */
export class World {
  readonly home = temporaryHome();
  /** The folder where the calculations' code notes what it does. */
  readonly notes = join(this.home, "notes");
  servers = 0;
  #server: ServerProcess | undefined;
  #isClosed = false;
  #client = deferred<Client>();
  readonly #settings: NodeJS.ProcessEnv;

  constructor() {
    mkdirSync(this.notes);
    this.#settings = { GLAUX_LISTEN: "127.0.0.1:0", GLAUX_MAX_SESSIONS: "100", ...fakeEngine.settings(this.home) };
  }

  get server(): ServerProcess {
    if (!this.#server) throw new Error("No server was started");
    return this.#server;
  }

  async startServer(): Promise<void> {
    const server = ServerProcess.load(this.home, this.#settings);
    this.#server = server;
    this.servers++;
    const endpoint = await server.begin();
    must(endpoint !== undefined, () => `a server did not start: ${server.output}`);
    this.#client.resolve(new Client(server, endpoint, this.home));
  }

  /** Kills the server by SIGKILL. Requests wait for the next server meanwhile. */
  async replaceServer(): Promise<void> {
    const { server } = this;
    await this.hangUp();
    await server.end("SIGKILL");
    await this.startServer();
  }

  /**
   * Closes the connections of all clients. Before that, all requests must have ended, or their server must be
   * about to be killed.
   */
  async hangUp(): Promise<void> {
    const client = await this.#client.promise;
    this.#client = deferred();
    client[Symbol.dispose]();
  }

  /** Opens new connections to the same server. */
  reconnect(): void {
    const endpoint = /^http:.*$/m.exec(this.server.output)?.[0] ?? "";
    this.#client.resolve(new Client(this.server, endpoint, this.home));
  }

  /** Asks until a server answers, whatever happens to servers meanwhile. */
  async ask<T>(call: (client: Client) => Promise<Outcome<T>>): Promise<{ answer: T } | { refused: string }> {
    for (;;) {
      const outcome = await call(await this.#client.promise);
      if (!("lost" in outcome)) return outcome;
      // A run that has failed leaves its clients behind.
      if (this.#isClosed) throw new Error("The run is over");
      await sleep(5);
    }
  }

  async noDrivers(withinMs: number): Promise<void> {
    const latestAt = performance.now() + withinMs;
    for (let left = driversOf(this.home); left.size > 0; left = driversOf(this.home)) {
      must(performance.now() < latestAt, () => `drivers are left: ${[...left.keys()].join(", ")}`);
      await sleep(50);
    }
  }

  /** Ends the server as a user does, by SIGINT. Nothing may be left then. */
  async endWell(): Promise<void> {
    await this.hangUp();
    const { server } = this;
    await server.end("SIGINT");
    must(server.exitCode === 0, () => `the last server ended with code ${String(server.exitCode)}: ${server.output}`);
    await assertNothingLeft(this.home, 10_000);
    const left = ["run/d", ...this.#driverFolders().map((id) => `drivers/${id}/local`)].filter(
      (folder) => !isEmpty(join(this.home, folder)),
    );
    must(left.length === 0, () => `not empty: ${left.join(", ")}`);
  }

  async close({ keepFolder }: { keepFolder: boolean }): Promise<void> {
    this.#isClosed = true;
    if (this.#server && !this.#server.hasEnded) await this.#server.end("SIGKILL");
    for (const { pid } of processesOn(this.home)) process.kill(pid, "SIGKILL");
    if (!keepFolder) rmSync(this.home, { recursive: true, force: true });
  }

  #driverFolders(): string[] {
    return readdirSync(join(this.home, "drivers"));
  }
}

function isEmpty(folder: string): boolean {
  try {
    return readdirSync(folder).length === 0;
  } catch {
    // There is no such folder.
    return true;
  }
}
