// What must be true after every restart, whatever the server was doing when it was killed.
import { existsSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { GetCalculationExecutionCommandOutput, SessionState } from "@aws-sdk/client-athena";
import { granted } from "./client.ts";
import type { CalculationEntry, SessionEntry } from "./ledger.ts";
import { driversOf, liveProcesses } from "./processes.ts";
import type { Stage } from "./acts.ts";
import { must } from "./violation.ts";

/** Drivers without a session are gone after this time. */
const endWithinMs = 10_000;

/** Checks that every open session is as the clients know it. */
export async function checkSessions(stage: Stage): Promise<void> {
  for (const session of stage.ledger.open()) await checkSession(session, stage);
}

async function checkSession(session: SessionEntry, { client }: Stage): Promise<void> {
  const { Description, Status, Statistics } = granted(await client.session(session.id ?? ""));
  const state = Status?.State ?? "";
  const allowed = {
    none: ["CREATING", "IDLE", "BUSY", "DEGRADED"],
    asked: ["CREATING", "IDLE", "BUSY", "DEGRADED", "TERMINATING", "TERMINATED"],
    acknowledged: ["TERMINATING", "TERMINATED"],
  }[session.termination ?? "none"];
  const why = Status?.StateChangeReason ?? "";
  must(allowed.includes(state), () => `${session.name} is ${state} (${why}); expected ${allowed.join(", ")}`);
  must(Description === session.name, () => `${session.name} is described as ${String(Description)}`);
  if (state !== "TERMINATED" || session.calculations.some(isOpen)) return;
  // The end of each calculation was counted, and only once.
  const cost = session.calculations.reduce((sum, { dpuMs = 0 }) => sum + dpuMs, 0);
  const counted = Statistics?.DpuExecutionInMillis ?? 0;
  must(counted === cost, () => `${session.name} has cost ${String(counted)} ms; its calculations, ${String(cost)} ms`);
  session.isOver = true;
}

const isOpen = ({ id, dpuMs }: CalculationEntry) => id !== undefined && dpuMs === undefined;

/** Checks that calculations run on, or have ended as they may, with everything that they printed. */
export async function checkCalculations(stage: Stage): Promise<void> {
  const ended: CalculationEntry[] = [];
  for (const calculation of stage.ledger.running()) {
    const answer = granted(await stage.client.calculation(calculation.id ?? ""));
    if (await isEnded(calculation, answer, stage)) ended.push(calculation);
  }
  const processes = liveProcesses();
  for (const { name, file } of ended) {
    const left = processes.find(({ command }) => command.includes(`${file};`) || command.endsWith(file));
    must(left === undefined, () => `${name} has ended, and its process ${String(left?.pid)} lives`);
  }
  for (const { name, file, isRefused } of stage.ledger.calculations())
    if (isRefused === true) must(!existsSync(file), () => `${name} was refused, and has run`);
}

async function isEnded(
  calculation: CalculationEntry,
  { Status, Statistics, WorkingDirectory, Result }: GetCalculationExecutionCommandOutput,
  { client }: Stage,
): Promise<boolean> {
  const { name, session, stop } = calculation;
  const state = Status?.State ?? "";
  const isStopped = stop !== undefined || session.termination !== undefined;
  const allowed = [
    ...(stop === "canceling" ? ["CANCELING"] : ["RUNNING", "COMPLETED"]),
    ...(isStopped ? ["CANCELING", "CANCELED"] : []),
  ];
  const why = Status?.StateChangeReason ?? "";
  must(allowed.includes(state), () => `${name} is ${state} (${why}); expected ${allowed.join(", ")}`);
  if (state === "RUNNING" || state === "CANCELING") return false;
  const noted = existsSync(calculation.file) ? readFileSync(calculation.file, "utf8") : "";
  const stdout = granted(await client.text(Result?.StdOutS3Uri ?? `${WorkingDirectory ?? ""}/stdout`));
  if (state === "COMPLETED") {
    must(noted === "begun\nended\n", () => `${name} is COMPLETED, and its code has noted ${JSON.stringify(noted)}`);
    const driver = /^(\d+)\nwhole\n$/.exec(stdout)?.[1];
    must(driver !== undefined, () => `${name} is COMPLETED, and has printed ${JSON.stringify(stdout)}`);
    session.driver ??= driver;
    must(session.driver === driver, () => `${session.name} ran in driver ${String(session.driver)}, then in ${driver}`);
    must(Statistics?.Progress === "100%", () => `${name} is COMPLETED, and at ${String(Statistics?.Progress)}`);
  } else {
    must(/^(begun\n(ended\n)?)?$/.test(noted), () => `${name} is CANCELED, and has noted ${JSON.stringify(noted)}`);
  }
  calculation.dpuMs = Statistics?.DpuExecutionInMillis ?? 0;
  must(calculation.dpuMs > 0, () => `${name} has cost nothing`);
  return true;
}

/** Checks that each session is listed once: a request without an answer has not made two of them. */
export async function checkList({ client, ledger }: Stage, pages: "all" | "first"): Promise<void> {
  const listed = new Map<string, string[]>();
  for (const state of allStates) {
    for (const { Description = "", SessionId = "" } of await client.sessionsIn(state, pages))
      listed.set(Description, [...(listed.get(Description) ?? []), SessionId]);
  }
  const idOf = new Map(ledger.sessions.map(({ name, id }) => [name, id]));
  for (const [name, ids] of listed) {
    // A session that changed its state between two pages is listed twice, with the same id.
    const found = [...new Set(ids)];
    must(found.length === 1 && found[0] === idOf.get(name), () => `"${name}" is listed as ${found.join(", ")}`);
  }
  const sought = pages === "all" ? ledger.sessions : ledger.usable();
  for (const { name } of sought) must(listed.has(name), () => `${name} is not listed`);
}

const allStates: SessionState[] = ["CREATING", "IDLE", "BUSY", "DEGRADED", "TERMINATING", "TERMINATED", "FAILED"];

/**
 * Checks that within 10 s of the server's start all drivers belong to living sessions, and each of these
 * sessions has its own driver.
 */
export async function checkDrivers({ client, ledger }: Stage, home: string, startedAt: number): Promise<void> {
  for (;;) {
    const found = await wrongDrivers(client, ledger.open(), home);
    if (found === undefined) return;
    must(performance.now() - startedAt < endWithinMs, () => found);
    await sleep(20);
  }
}

async function wrongDrivers(
  client: Stage["client"],
  open: readonly SessionEntry[],
  home: string,
): Promise<string | undefined> {
  const states = await Promise.all(
    open.map(async ({ id }) => granted(await client.session(id ?? "")).Status?.State ?? ""),
  );
  const count = (...some: string[]) => states.filter((state) => some.includes(state)).length;
  const drivers = [...driversOf(home).values()];
  const ready = count("IDLE", "BUSY", "DEGRADED");
  const most = ready + count("CREATING");
  if (count("TERMINATING") > 0) return `a session is still TERMINATING`;
  if (drivers.length < ready || drivers.length > most)
    return `${String(drivers.length)} drivers (${drivers.join("; ")}) for sessions that are ${states.join(", ")}`;
  const pids = drivers.flat().map(String);
  const gone = open.find(
    ({ driver }, n) => driver !== undefined && states[n] !== "TERMINATED" && !pids.includes(driver),
  );
  return gone && `the driver of ${gone.name}, ${String(gone.driver)}, is gone`;
}
