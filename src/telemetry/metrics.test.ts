import { expect, test } from "vitest";
import { metricTable } from "./metric-table.ts";
import { openMetrics } from "./metrics.ts";

const lines = async (metrics: ReturnType<typeof openMetrics>, name: string) =>
  (await metrics.render()).text.split("\n").filter((line) => line.startsWith(name));

test("what is counted adds up, series by series", async () => {
  const metrics = openMetrics();
  metrics.count("glaux_sessions_ended_total", { state: "FAILED" });
  metrics.count("glaux_sessions_ended_total", { state: "TERMINATED" }, 2);
  metrics.count("glaux_sessions_ended_total", { state: "FAILED" });
  expect(await lines(metrics, "glaux_sessions_ended_total")).toEqual([
    'glaux_sessions_ended_total{state="FAILED"} 2',
    'glaux_sessions_ended_total{state="TERMINATED"} 2',
  ]);
});

test("durations are told in seconds, in the buckets of the table", async () => {
  const metrics = openMetrics();
  for (const ms of [40, 900, 60_000]) metrics.time("glaux_session_end_duration_seconds", {}, ms);
  const told = await lines(metrics, "glaux_session_end_duration_seconds");
  expect(told).toContain("glaux_session_end_duration_seconds_count 3");
  expect(told).toContain("glaux_session_end_duration_seconds_sum 60.94");
  expect(told).toContain('glaux_session_end_duration_seconds_bucket{le="0.05"} 1');
  expect(told).toContain('glaux_session_end_duration_seconds_bucket{le="1"} 2');
  expect(told).toContain('glaux_session_end_duration_seconds_bucket{le="+Inf"} 3');
  expect(told).toHaveLength(metricTable.glaux_session_end_duration_seconds.bounds.length + 3);
});

test("a counter without labels is there before it rises", async () => {
  expect(await lines(openMetrics(), "glaux_strays_ended_total")).toEqual(["glaux_strays_ended_total 0"]);
});

test("what cannot be read is left out and told of; the rest is there", async () => {
  const metrics = openMetrics();
  metrics.observe("glaux_sessions", () => Promise.reject(new Error("no database")));
  metrics.observe("process_open_fds", () => [{ labels: {}, value: 7 }]);
  const { text, errors } = await metrics.render();
  expect(errors).toHaveLength(1);
  expect(text).not.toMatch(/^glaux_sessions(\{| )/m);
  expect(text).toMatch(/^process_open_fds 7$/m);
});

test("names and labels follow Prometheus's rules", () => {
  for (const [name, { kind, labels, doc }] of Object.entries(metricTable)) {
    expect(name).toMatch(/^(glaux|process)_[a-z_]+$/);
    expect(name.endsWith("_total")).toBe(kind === "counter" || kind === "observedCounter");
    expect(doc).toMatch(/\.$/);
    for (const label of Object.keys(labels)) expect(label).toMatch(/^[a-z]+$/);
  }
});
