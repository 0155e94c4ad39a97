import { expect, test } from "vitest";
import type { Session } from "./entities.ts";
import { executorsOf, type SparkExecutor } from "./executor.ts";

const session = {
  id: "6f9619ff-8b86-4011-b42d-00c04fc964ff",
  state: "IDLE",
  createdAt: 1_000,
  endedAt: null,
} as Session;
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const sparkExecutor = (id: string, change: Partial<SparkExecutor> = {}): SparkExecutor => ({
  id,
  isActive: true,
  addedAt: 2_000,
  removedAt: null,
  ...change,
});

test("a session has one coordinator, whether Spark names its driver or not", () => {
  const [coordinator, ...others] = executorsOf(session, []);
  expect(coordinator).toMatchObject({ type: "COORDINATOR", state: "REGISTERED", startedAt: 1_000, endedAt: null });
  expect(coordinator?.id).toMatch(uuid);
  expect(others).toEqual([]);
  expect(executorsOf(session, [sparkExecutor("driver")])).toEqual([coordinator]);
});

test("workers come newest first, the lost one with its end", () => {
  const spark = [sparkExecutor("0"), sparkExecutor("1", { addedAt: 3_000, isActive: false, removedAt: 4_000 })];
  expect(executorsOf(session, spark)).toMatchObject([
    { type: "WORKER", state: "TERMINATED", startedAt: 3_000, endedAt: 4_000 },
    { type: "WORKER", state: "REGISTERED", startedAt: 2_000, endedAt: null },
    { type: "COORDINATOR" },
  ]);
});

test("ids are the same each time, and different in each session", () => {
  const ids = (id: string) => executorsOf({ ...session, id }, [sparkExecutor("0")]).map((executor) => executor.id);
  const other = "6f9619ff-8b86-4011-b42d-00c04fc96400";
  expect(ids(session.id)).toEqual(ids(session.id));
  expect(new Set([...ids(session.id), ...ids(other)]).size).toBe(4);
});

test.each([
  ["CREATING", "CREATING"],
  ["BUSY", "REGISTERED"],
  ["DEGRADED", "CREATED"],
  ["TERMINATING", "TERMINATING"],
  ["TERMINATED", "TERMINATED"],
  ["FAILED", "FAILED"],
] as const)("the coordinator of a session that is %s is %s", (state, expected) => {
  expect(executorsOf({ ...session, state, endedAt: 9 }, [])).toMatchObject([{ state: expected, endedAt: 9 }]);
});
