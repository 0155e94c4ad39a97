// The metrics that a server counts while sessions live and die. The engine of these sessions has no Spark.
import { rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { makeFakeEngines } from "../support/fake-engine.ts";
import { startServer, temporaryHome, type TestServer } from "../support/server.ts";
import { sessionPids } from "../support/session-traces.ts";
import { signedCalls, type SignedCalls } from "../support/signed-calls.ts";
import { waitFor } from "../support/wait-for.ts";
import { scrape, valueOf, type Samples } from "./scrape.ts";

const home = temporaryHome();
let server: TestServer;
let calls: SignedCalls;

beforeAll(async () => {
  makeFakeEngines(join(home, "engines"));
  await begin();
});
afterAll(async () => {
  calls[Symbol.dispose]();
  await server.stop();
  rmSync(home, { recursive: true, force: true });
});

async function begin(): Promise<void> {
  server = await startServer({ home, env: { GLAUX_ENGINES: join(home, "engines") } });
  calls = signedCalls(server);
}

const call = async <T>(operation: string, input: object) =>
  JSON.parse((await calls.post(operation, JSON.stringify(input))).body) as T;

interface Status {
  Status: { State: string };
}
const sessionIs = (SessionId: string, state: string) =>
  waitFor(`session ${state}`, async () =>
    (await call<Status>("GetSessionStatus", { SessionId })).Status.State === state ? true : undefined,
  );

async function session(): Promise<string> {
  const input = { WorkGroup: "primary", EngineConfiguration: {} };
  const { SessionId } = await call<{ SessionId: string }>("StartSession", input);
  await sessionIs(SessionId, "IDLE");
  return SessionId;
}

async function calculate(SessionId: string, CodeBlock: string): Promise<string> {
  const input = { SessionId, CodeBlock };
  return (await call<{ CalculationExecutionId: string }>("StartCalculationExecution", input)).CalculationExecutionId;
}

const calculationIs = (CalculationExecutionId: string, state: string) =>
  waitFor(`calculation ${state}`, async () =>
    (await call<Status>("GetCalculationExecutionStatus", { CalculationExecutionId })).Status.State === state
      ? true
      : undefined,
  );

const counter = (samples: Samples, name: string, labels: Record<string, string> = {}) =>
  valueOf(samples, name, labels, `${name}_total`);
const times = (samples: Samples, name: string, labels: Record<string, string> = {}) =>
  valueOf(samples, name, labels, `${name}_count`);

test("a session's calculations, stops, output and end", async () => {
  const id = await session();
  await calculationIs(await calculate(id, "sh:echo hi; echo oops >&2"), "COMPLETED");
  const hanging = await calculate(id, "hang");
  const during = await scrape(server);
  expect(valueOf(during, "glaux_sessions", { state: "BUSY" })).toBe(1);
  expect(valueOf(during, "glaux_drivers", { state: "connected" })).toBe(1);
  await call("StopCalculationExecution", { CalculationExecutionId: hanging });
  await calculationIs(hanging, "CANCELED");
  await call("TerminateSession", { SessionId: id });
  await sessionIs(id, "TERMINATED");
  const samples = await waitFor("the driver's end", async () => {
    const looked = await scrape(server);
    return counter(looked, "glaux_drivers_ended", { cause: "clean" }) === 1 ? looked : undefined;
  });
  expect(times(samples, "glaux_session_start_duration_seconds", { start: "cold" })).toBe(1);
  expect(times(samples, "glaux_session_end_duration_seconds")).toBe(1);
  expect(counter(samples, "glaux_sessions_ended", { state: "TERMINATED" })).toBe(1);
  expect(counter(samples, "glaux_calculations_started")).toBe(2);
  for (const outcome of ["COMPLETED", "CANCELED"])
    expect(times(samples, "glaux_calculation_duration_seconds", { outcome })).toBe(1);
  expect(times(samples, "glaux_calculation_stop_duration_seconds")).toBe(1);
  expect(counter(samples, "glaux_result_bytes", { file: "stdout" })).toBe(3);
  expect(counter(samples, "glaux_result_bytes", { file: "stderr" })).toBe(5);
  expect(valueOf(samples, "glaux_drivers", { state: "connected" })).toBe(0);
});

test("a driver that is taken over, and one that is killed", async () => {
  const id = await session();
  calls[Symbol.dispose]();
  await server.kill();
  await begin();
  expect(counter(await scrape(server), "glaux_driver_adoptions")).toBe(1);
  const [supervisor = 0] = sessionPids(server);
  process.kill(supervisor, "SIGKILL");
  await sessionIs(id, "FAILED");
  await waitFor("the driver to be counted", async () =>
    counter(await scrape(server), "glaux_drivers_ended", { cause: "vanished" }) === 1 ? true : undefined,
  );
  expect(counter(await scrape(server), "glaux_sessions_ended", { state: "FAILED" })).toBe(1);
});
