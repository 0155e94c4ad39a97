// Kills a server again and again while clients use it. Checks after each restart that nothing was lost, done
// twice or left over.
import { mkdirSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { assertNothingLeft, processesOn, temporaryHome } from "../../test/support/server.ts";
import { ServerProcess } from "../../test/support/server-process.ts";
import { newCalculation, perform, startCalculation, type Stage } from "./acts.ts";
import { checkCalculations, checkDrivers, checkList, checkSessions } from "./checks.ts";
import { Client, granted } from "./client.ts";
import { fakeEngine, sparkEngine, type ChaosEngine } from "./engines.ts";
import { KillMoment } from "./kill.ts";
import { Ledger } from "./ledger.ts";
import { planRound, type RoundPlan } from "./plan.ts";
import { startStray } from "./processes.ts";
import { repeatRequests } from "./settle.ts";
import { must, Violation } from "./violation.ts";

export interface ChaosOptions {
  readonly rounds: number;
  readonly seed: number;
  readonly spark?: boolean;
  readonly progress?: (round: number) => void;
}

export interface ChaosReport {
  readonly rounds: number;
  readonly seconds: number;
  readonly servers: number;
  readonly sessions: number;
  readonly calculations: number;
  /** Median time from a server's start, its modules loaded, until it serves. */
  readonly bootMs: number;
  /** A violation and its round; 0 means after the last round. The data folder is kept. */
  readonly failure: { readonly round: number; readonly what: string; readonly home: string } | undefined;
}

export async function chaos({ rounds, seed, spark = false, progress }: ChaosOptions): Promise<ChaosReport> {
  const run = new ChaosRun(spark ? sparkEngine : fakeEngine);
  const began = performance.now();
  let round = 0;
  let what: string | undefined;
  try {
    await run.begin();
    while (round < rounds) {
      await run.round(planRound(seed, ++round, run.engine.pace));
      progress?.(round);
    }
    await run.finish();
  } catch (error) {
    what = error instanceof Violation ? error.message : String((error as Error).stack);
  } finally {
    await run.close({ keepFolder: what !== undefined });
  }
  return {
    rounds: round,
    seconds: (performance.now() - began) / 1000,
    ...run.counts(),
    failure: what === undefined ? undefined : { round, what, home: run.home },
  };
}

const firstStep = { act: "start session", pauseMs: 0, choice: 0, runMs: 0 } as const;

class ChaosRun {
  readonly engine: ChaosEngine;
  readonly home = temporaryHome();
  readonly #ledger = new Ledger();
  readonly #settings: NodeJS.ProcessEnv;
  readonly #notes = join(this.home, "notes");
  readonly #servers: ServerProcess[] = [];
  readonly #bootMs: number[] = [];
  #stage!: Stage;
  #dispose: () => void = () => undefined;
  #moment = new KillMoment({ when: "moment", afterMs: 0 });

  constructor(engine: ChaosEngine) {
    this.engine = engine;
    mkdirSync(this.#notes);
    this.#settings = { GLAUX_LISTEN: "127.0.0.1:0", GLAUX_MAX_SESSIONS: "100", ...engine.settings(this.home) };
  }

  async begin(): Promise<void> {
    await this.#start(this.#load());
  }

  async round({ clients, kill, downMs, bootKills, hasStray }: RoundPlan): Promise<void> {
    if (this.engine.isSlow) await this.#allReady();
    const { server } = this.#stage;
    const doomed = bootKills.map((share) => ({ share, server: this.#load() }));
    const next = this.#load();
    this.#moment = new KillMoment(kill);
    const acting = Promise.all(clients.map((steps) => perform(steps, this.#stage)));
    // A violation in a client ends the round at once.
    await Promise.race([
      this.#moment.come(this.#ledger, 250 * this.engine.pace),
      acting.then(() => new Promise(() => undefined)),
    ]);
    must(!server.hasEnded, () => `the server ended by itself: ${server.output}`);
    await server.end("SIGKILL");
    await acting;
    await sleep(downMs);
    const stray = hasStray ? startStray(this.home) : undefined;
    for (const { share, server: victim } of doomed) await this.#killWhileItStarts(victim, share);
    const startedAt = await this.#start(next);
    await this.#check(startedAt, stray);
  }

  /**
   * Ends everything well: running calculations, every session that was not terminated, and the server with
   * its processes.
   */
  async finish(): Promise<void> {
    const { client, server } = this.#stage;
    await this.#runToEnd();
    // One new session shows that the last server serves, whatever became of the other sessions.
    if (this.#ledger.usable().length === 0) await perform([firstStep], this.#stage);
    await this.#runToEnd();
    for (const session of this.#ledger.usable()) {
      const last = newCalculation(session, this.#notes, (file) => this.engine.code(file, 1));
      await startCalculation(client, last);
      must(last.id !== undefined, () => `${session.name} is not usable any more`);
    }
    await this.#runToEnd();
    for (const session of this.#ledger.usable()) {
      session.termination = "acknowledged";
      granted(await client.terminate(session.id ?? ""));
    }
    await checkDrivers(this.#stage, this.home, performance.now());
    await checkSessions(this.#stage);
    must(this.#ledger.open().length === 0, () => "a terminated session is not over");
    await checkList(this.#stage, "all");
    await server.end("SIGINT");
    must(server.exitCode === 0, () => `the last server ended with code ${String(server.exitCode)}: ${server.output}`);
    await assertNothingLeft(this.home, 10_000);
    must(isEmpty(join(this.home, "run/d")), () => "run/d is not empty");
  }

  async close({ keepFolder }: { keepFolder: boolean }): Promise<void> {
    this.#dispose();
    await Promise.all(this.#servers.filter((server) => !server.hasEnded).map((server) => server.end("SIGKILL")));
    for (const { pid } of processesOn(this.home)) process.kill(pid, "SIGKILL");
    if (!keepFolder) rmSync(this.home, { recursive: true, force: true });
  }

  counts(): Pick<ChaosReport, "servers" | "sessions" | "calculations" | "bootMs"> {
    const times = this.#bootMs.toSorted((a, b) => a - b);
    return {
      servers: this.#servers.length,
      sessions: this.#ledger.sessions.length,
      calculations: this.#ledger.calculations().filter(({ id }) => id !== undefined).length,
      bootMs: Math.round(times[Math.floor(times.length / 2)] ?? 0),
    };
  }

  #load(): ServerProcess {
    const server = ServerProcess.load(this.home, this.#settings);
    this.#servers.push(server);
    return server;
  }

  async #killWhileItStarts(server: ServerProcess, share: number): Promise<void> {
    await server.loaded();
    const serves = server.begin();
    await sleep(share * (this.#bootMs.at(-1) ?? 100));
    await server.end("SIGKILL");
    await serves;
  }

  /** Resolves when the server serves, to the moment of its start. */
  async #start(server: ServerProcess): Promise<number> {
    await server.loaded();
    const startedAt = performance.now();
    const endpoint = await server.begin();
    must(endpoint !== undefined, () => `a server did not start: ${server.output}`);
    this.#bootMs.push(performance.now() - startedAt);
    this.#dispose();
    const client = new Client(server, endpoint, this.home);
    this.#dispose = () => client[Symbol.dispose]();
    this.#stage = {
      engine: this.engine,
      ledger: this.#ledger,
      server,
      client,
      notes: this.#notes,
      sending: (act) => this.#moment.sending(act),
    };
    return startedAt;
  }

  async #check(startedAt: number, stray: number | undefined): Promise<void> {
    await repeatRequests(this.#stage.client, this.#ledger);
    await checkCalculations(this.#stage);
    await checkSessions(this.#stage);
    await checkList(this.#stage, "first");
    await checkDrivers(this.#stage, this.home, startedAt);
    if (stray !== undefined) must(!isRunning(stray), () => `driver ${String(stray)}, which nobody knows, lives`);
  }

  /** Resolves when every calculation has ended and every session is IDLE. */
  async #runToEnd(): Promise<void> {
    await this.#until("everything to end", async () => {
      await checkCalculations(this.#stage);
      return this.#ledger.running().length === 0 && (await this.#states()).every((state) => state === "IDLE");
    });
  }

  async #allReady(): Promise<void> {
    await this.#until("the sessions to be ready", async () => !(await this.#states()).includes("CREATING"));
  }

  #states(): Promise<string[]> {
    const { client } = this.#stage;
    return Promise.all(
      this.#ledger.usable().map(async ({ id = "" }) => granted(await client.session(id)).Status?.State ?? ""),
    );
  }

  async #until(what: string, isSo: () => Promise<boolean>): Promise<void> {
    const latestAt = performance.now() + 60_000;
    while (!(await isSo())) {
      must(performance.now() < latestAt, () => `waited 60 s in vain for ${what}`);
      await sleep(30);
    }
  }
}

const isRunning = (pid: number) => {
  try {
    return /^\S+ \(.*\) [^ZX]/s.test(readFileSync(`/proc/${String(pid)}/stat`, "utf8"));
  } catch {
    return false;
  }
};

function isEmpty(folder: string): boolean {
  try {
    return readdirSync(folder).length === 0;
  } catch {
    // The folder was never made.
    return true;
  }
}
