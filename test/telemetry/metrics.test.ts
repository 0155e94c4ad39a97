// The metrics page of a real server, read by Prometheus's own Python library.
import { beforeAll, afterAll, expect, test } from "vitest";
import { metricTable } from "../../src/telemetry/metric-table.ts";
import { startEnginelessServer, type EnginelessServer } from "../support/engineless-server.ts";
import { signedCalls } from "../support/signed-calls.ts";
import { waitFor } from "../support/wait-for.ts";
import { scrape, valueOf } from "./scrape.ts";

let server: EnginelessServer;
beforeAll(async () => {
  server = await startEnginelessServer();
});
afterAll(() => server[Symbol.asyncDispose]());

test("each request counts once, under its operation and its outcome, and nothing that a client made up is a label", async () => {
  using calls = signedCalls(server);
  const invented = "6f9619ff-8b86-4011-b42d-00c04fc964ff";
  for (let n = 0; n < 3; n++) await calls.post("ListSessions", '{"WorkGroup":"primary"}');
  await calls.post("ListSessions", '{"WorkGroup":"no-such-group"}');
  await calls.post("GetSession", JSON.stringify({ SessionId: invented }));
  await calls.post("MakeCoffee", "{}");
  await fetch(`${server.endpoint}/bucket/${invented}`);
  await fetch(`${server.endpoint}/-/nothing/${invented}`);
  await fetch(`${server.endpoint}/bucket`, { method: "BREW" }).catch(() => undefined);
  const samples = await scrape(server);
  const requests = (labels: Record<string, string>) =>
    valueOf(samples, "glaux_request_duration_seconds", labels, "glaux_request_duration_seconds_count");
  expect(requests({ api: "athena", operation: "ListSessions", outcome: "ok" })).toBe(3);
  expect(requests({ operation: "ListSessions", outcome: "InvalidRequestException" })).toBe(1);
  expect(requests({ operation: "GetSession", outcome: "InvalidRequestException" })).toBe(1);
  expect(requests({ operation: "unknown", outcome: "UnknownOperationException" })).toBe(1);
  expect(requests({ api: "s3", operation: "GET", outcome: "403" })).toBe(1);
  expect(requests({ api: "internal", operation: "GET", outcome: "404" })).toBe(1);
  expect(JSON.stringify([...samples])).not.toMatch(/6f9619ff|MakeCoffee|no-such-group|BREW/);
  // The scrape itself is a request in flight.
  expect(valueOf(samples, "glaux_requests_in_flight", {})).toBeGreaterThanOrEqual(1);
});

test("sessions from their start to their end", async () => {
  using calls = signedCalls(server);
  // The server has no engine, so the session fails at once.
  const started = await calls.post("StartSession", '{"WorkGroup":"primary","EngineConfiguration":{}}');
  expect(started.status).toBe(200);
  await waitFor("the session to be counted as failed", async () => {
    const samples = await scrape(server);
    return valueOf(samples, "glaux_sessions_ended", { state: "FAILED" }, "glaux_sessions_ended_total");
  });
  const samples = await scrape(server);
  expect(valueOf(samples, "glaux_sessions_started", {}, "glaux_sessions_started_total")).toBe(1);
  for (const state of ["CREATING", "IDLE", "BUSY", "DEGRADED", "TERMINATING"])
    expect(valueOf(samples, "glaux_sessions", { state })).toBe(0);
});

test("the process, and the kinds of all metrics as the table has them", async () => {
  const samples = await scrape(server);
  expect(valueOf(samples, "process_resident_memory_bytes", {})).toBeGreaterThan(20e6);
  expect(valueOf(samples, "process_cpu_seconds", {}, "process_cpu_seconds_total")).toBeGreaterThan(0);
  expect(valueOf(samples, "process_open_fds", {})).toBeGreaterThan(3);
  expect(valueOf(samples, "process_start_time_seconds", {})).toBeLessThan(Date.now() / 1000);
  expect(valueOf(samples, "glaux_disk_free_bytes", {})).toBeGreaterThan(0);
  expect(valueOf(samples, "glaux_event_loop_lag_seconds", { quantile: "0.99" })).toBeLessThan(60);
  const kinds = new Map<string, string>(
    Object.entries(metricTable).map(([name, { kind }]) => [
      name.replace(/_total$/, ""),
      kind === "observedCounter" ? "counter" : kind,
    ]),
  );
  for (const [name, { kind }] of samples) expect([name, kind]).toEqual([name, kinds.get(name)]);
});

test("anybody may look, and HEAD has no body", async () => {
  const head = await fetch(`${server.endpoint}/-/metrics`, { method: "HEAD" });
  expect(head.status).toBe(200);
  expect(await head.text()).toBe("");
});
