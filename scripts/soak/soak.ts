// Sessions and calculations start and end as fast as they can, while processes are killed and stopped and
// clients hang up. At the end nothing may be missing. Nothing may be left either: no process, descriptor,
// socket, timer, file or memory.
import type { SessionState } from "@aws-sdk/client-athena";
import { Ledger } from "../chaos/ledger.ts";
import { Violation, must } from "../chaos/violation.ts";
import { random } from "../random.ts";
import { makeFaults, type Fault } from "./faults.ts";
import { heldBy, type Held } from "./holdings.ts";
import { live, type Tally } from "./life.ts";
import { World } from "./world.ts";

export interface SoakOptions {
  readonly minutes: number;
  readonly seed: number;
  readonly progress?: (sessions: number) => void;
}

export interface SoakReport {
  readonly seconds: number;
  readonly servers: number;
  readonly tally: Tally;
  readonly faults: ReadonlyMap<Fault, number>;
  /** What the last server held: after its warm-up, and at the end. */
  readonly held: readonly Held[];
  /** A violation. The data folder is kept. */
  readonly failure: { readonly what: string; readonly home: string } | undefined;
}

const clients = 5;

export async function soak({ minutes, seed, progress }: SoakOptions): Promise<SoakReport> {
  const world = new World();
  const ledger = new Ledger();
  const tally: Tally = { sessions: new Map(), calculations: new Map() };
  const counts = new Map<Fault, number>();
  const held: Held[] = [];
  const began = performance.now();
  let phases = 0;

  /** Runs all clients, and all faults but `except`. Ends when the last session is over. */
  async function phase(share: number, except: readonly Fault[]): Promise<void> {
    const until = performance.now() + share * minutes * 60_000;
    const phaseSeed = seed * 1_000 + 100 * phases++;
    const stop = new AbortController();
    const working = Promise.all(
      Array.from({ length: clients }, async (_, n) => {
        const source = random(phaseSeed + n);
        while (performance.now() < until && !stop.signal.aborted) {
          await live(world, ledger, source, tally);
          progress?.(ledger.sessions.length);
        }
      }),
    );
    const failing = makeFaults(world, random(phaseSeed + 99), { counts, except, signal: stop.signal });
    try {
      await Promise.race([working, failing]);
    } finally {
      stop.abort();
      await failing.catch(() => undefined);
      working.catch(() => undefined);
    }
  }

  let what: string | undefined;
  try {
    await world.startServer();
    await phase(0.4, []);
    // From here on one server runs, so that its memory can be compared.
    await world.replaceServer();
    await phase(0.2, ["server killed"]);
    held.push(await holdsAtRest(world));
    await phase(0.4, ["server killed"]);
    held.push(await holdsAtRest(world, held[0]));
    await everythingIsListed(world, ledger);
    fewFailures(tally, counts);
    await world.endWell();
  } catch (error) {
    what = error instanceof Violation ? error.message : String((error as Error).stack);
  } finally {
    await world.close({ keepFolder: what !== undefined });
  }
  return {
    seconds: (performance.now() - began) / 1000,
    servers: world.servers,
    tally,
    faults: counts,
    held,
    failure: what === undefined ? undefined : { what, home: world.home },
  };
}

async function holdsAtRest(world: World, before?: Held): Promise<Held> {
  await world.noDrivers(10_000);
  await world.hangUp();
  const held = await heldBy(world, before);
  world.reconnect();
  return held;
}

async function everythingIsListed(world: World, ledger: Ledger): Promise<void> {
  const listed = new Map<string, string[]>();
  for (const state of allStates) {
    const sessions = await world.ask(async (client) => ({ answer: await client.sessionsIn(state, "all") }));
    must("answer" in sessions, () => "ListSessions was refused");
    const isOver = state === "TERMINATED" || state === "FAILED";
    must(isOver || sessions.answer.length === 0, () => `sessions are ${state} at the end`);
    for (const { Description = "", SessionId = "" } of sessions.answer)
      listed.set(Description, [...(listed.get(Description) ?? []), SessionId]);
  }
  must(
    listed.size === ledger.sessions.length,
    () => `${String(listed.size)} of ${String(ledger.sessions.length)} listed`,
  );
  for (const { name, id } of ledger.sessions) {
    const ids = listed.get(name) ?? [];
    must(ids.length === 1 && ids[0] === id, () => `${name} (${String(id)}) is listed as ${ids.join(", ")}`);
  }
}

const allStates: SessionState[] = ["CREATING", "IDLE", "BUSY", "DEGRADED", "TERMINATING", "TERMINATED", "FAILED"];

/** Checks that nothing failed without a fault. */
function fewFailures({ sessions, calculations }: Tally, faults: ReadonlyMap<Fault, number>): void {
  const supervisors = faults.get("supervisor killed") ?? 0;
  const runners = faults.get("runner killed") ?? 0;
  const failed = { sessions: sessions.get("FAILED") ?? 0, calculations: calculations.get("FAILED") ?? 0 };
  must(
    failed.sessions <= supervisors,
    () => `${String(failed.sessions)} sessions failed by ${String(supervisors)} kills`,
  );
  const kills = supervisors + runners;
  must(
    failed.calculations <= kills,
    () => `${String(failed.calculations)} calculations failed by ${String(kills)} kills`,
  );
}
