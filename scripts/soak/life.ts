// One client's use of one session, from its start to its end, and what must be true afterwards.
import { existsSync, readFileSync, rmSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { newCalculation } from "../chaos/acts.ts";
import { granted } from "../chaos/client.ts";
import { fakeEngine } from "../chaos/engines.ts";
import type { CalculationEntry, Ledger, SessionEntry } from "../chaos/ledger.ts";
import { must } from "../chaos/violation.ts";
import type { Random } from "../random.ts";
import type { World } from "./world.ts";

/** How many sessions and calculations ended in each state. */
export interface Tally {
  sessions: Map<string, number>;
  calculations: Map<string, number>;
}

/** Resolves when the session is over and everything of it was checked. */
export async function live(world: World, ledger: Ledger, source: Random, tally: Tally): Promise<void> {
  const session = ledger.newSession();
  const started = await world.ask((client) => client.startSession(session, hangsUp(source)));
  session.id = granted(started);
  if (source.chance(0.9)) await untilState(world, session, (state) => state !== "CREATING");
  for (let left = source.below(4); left > 0; left--) if (!(await calculate(world, session, source))) break;
  await twice(() => world.ask((client) => client.terminate(session.id ?? "")));
  await untilState(world, session, isOver);
  await verify(world, session, tally);
}

/**
 * False if the session is to be ended while the calculation runs, or if the session takes no calculations any
 * more.
 */
async function calculate(world: World, session: SessionEntry, source: Random): Promise<boolean> {
  const runMs = source.chance(0.7) ? source.below(30) : source.below(600);
  const calculation = newCalculation(session, world.notes, (file) => fakeEngine.code(file, runMs));
  const started = await world.ask((client) => client.startCalculation(calculation, hangsUp(source)));
  if ("refused" in started) {
    const isExpected = /Session is in the (CREATING|FAILED|DEGRADED|TERMINATING|TERMINATED) state/.test(
      started.refused,
    );
    must(isExpected, () => `${calculation.name} was refused: ${started.refused}`);
    calculation.isRefused = true;
    return false;
  }
  calculation.id = started.answer;
  if (source.chance(0.1)) return false;
  if (source.chance(0.25)) {
    await sleep(source.below(runMs + 1));
    await twice(() => world.ask((client) => client.stop(started.answer)));
  }
  for (;;) {
    const { Status } = granted(await world.ask((client) => client.calculation(started.answer)));
    if (isEnd(Status?.State)) return true;
    await sleep(10);
  }
}

/** Some clients hang up on their first request. Then `ask` sends it again, with the same token. */
function hangsUp(source: Random): AbortSignal | undefined {
  return source.chance(0.1) ? AbortSignal.timeout(1 + source.below(5)) : undefined;
}

async function twice(call: () => Promise<{ answer: string } | { refused: string }>): Promise<void> {
  for (const outcome of await Promise.all([call(), call()])) granted(outcome);
}

const isOver = (state: string) => state === "TERMINATED" || state === "FAILED";
const isEnd = (state = "") => state === "COMPLETED" || state === "FAILED" || state === "CANCELED";

async function untilState(world: World, session: SessionEntry, isIt: (state: string) => boolean): Promise<void> {
  const latestAt = performance.now() + 120_000;
  for (;;) {
    const { Status } = granted(await world.ask((client) => client.session(session.id ?? "")));
    if (isIt(Status?.State ?? "")) return;
    must(performance.now() < latestAt, () => `${session.name} is ${String(Status?.State)} for 2 minutes`);
    await sleep(10);
  }
}

async function verify(world: World, session: SessionEntry, tally: Tally): Promise<void> {
  const { Status, Statistics } = granted(await world.ask((client) => client.session(session.id ?? "")));
  const { State: state = "", StateChangeReason: why = "" } = Status ?? {};
  count(tally.sessions, state);
  if (state === "FAILED") must(why.includes("supervisor"), () => `${session.name} is FAILED: ${why}`);
  let cost = 0;
  for (const calculation of session.calculations) cost += await verifyCalculation(world, calculation, tally);
  const counted = Statistics?.DpuExecutionInMillis ?? 0;
  must(counted === cost, () => `${session.name} has cost ${String(counted)} ms; its calculations, ${String(cost)} ms`);
  session.isOver = true;
  session.calculations.length = 0;
}

/** What the calculation cost. */
async function verifyCalculation(world: World, { id, name, file }: CalculationEntry, tally: Tally): Promise<number> {
  const noted = existsSync(file) ? readFileSync(file, "utf8") : "";
  rmSync(file, { force: true });
  if (id === undefined) {
    must(noted === "", () => `${name} was refused, and has run`);
    return 0;
  }
  const { Status, Statistics, Result } = granted(await world.ask((client) => client.calculation(id)));
  const { State: state = "", StateChangeReason: why = "" } = Status ?? {};
  must(isEnd(state), () => `${name} is ${state} in a session that is over`);
  must(/^(begun\n(ended\n)?)?$/.test(noted), () => `${name} is ${state}, and has noted ${JSON.stringify(noted)}`);
  if (state === "FAILED") must(/PythonProcessLost|supervisor/.test(why), () => `${name} is FAILED: ${why}`);
  if (state === "COMPLETED") {
    const stdout = granted(await world.ask((client) => client.text(Result?.StdOutS3Uri ?? "")));
    const isWhole = noted.endsWith("ended\n") && /^\d+\nwhole\n$/.test(stdout);
    must(isWhole, () => `${name} is COMPLETED, and has noted ${JSON.stringify(noted)} and printed ${stdout}`);
  }
  count(tally.calculations, state);
  return Statistics?.DpuExecutionInMillis ?? 0;
}

function count(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}
