import { expect, test } from "vitest";
import type { Session } from "../domain/entities.ts";
import { executorId } from "../domain/ids.ts";
import { ExecutorService } from "./executor-service.ts";

const id = "6f9619ff-8b86-4011-b42d-00c04fc964ff";
const session = { id, state: "BUSY", createdAt: 1_000, endedAt: null } as Session;

/** As Spark 3.5 and 4 write their ExecutorSummary, with members that this test does not need. */
const summaries = [
  { id: "driver", hostPort: "127.0.0.1:1", isActive: true, totalCores: 2, addTime: 2_000, removeTime: null },
  { id: "0", isActive: false, addTime: 3_000, removeTime: 5_000, removeReason: "Command exited with code 143" },
  { id: "1", isActive: true, addTime: 4_000, removeTime: null },
  { id: "2", isActive: true, addTime: 4_000, removeTime: null },
];
const workers = ["0", "1", "2"].map((sparkId) => executorId(id, sparkId));
const coordinator = executorId(id, "driver");

function service(ask: () => Promise<Record<string, unknown>[]>, found: Session = session): ExecutorService {
  return new ExecutorService({
    sessions: { get: () => Promise.resolve(found) },
    drivers: { ofSession: () => ({ is: "alive", driver: { executors: ask } }) },
    log: { warn: () => undefined },
  });
}
const answering = service(() => Promise.resolve(summaries));
const everything = { sessionId: id, state: undefined, after: undefined, limit: 100 };

test("what Spark says of its workers is told", async () => {
  const executors = await answering.list(everything);
  expect(executors.map((executor) => executor.id).sort()).toEqual([...workers, coordinator].sort());
  expect(executors.find((executor) => executor.id === workers[0])).toEqual({
    id: workers[0],
    type: "WORKER",
    state: "TERMINATED",
    startedAt: 3_000,
    endedAt: 5_000,
  });
  expect(executors.at(-1)?.id).toBe(coordinator);
});

test("pages of one make up the whole list, those that began at the same moment included", async () => {
  const all = await answering.list(everything);
  const seen: string[] = [];
  for (let page = await answering.list({ ...everything, limit: 1 }); page[0];) {
    const { id: last, startedAt } = page[0];
    seen.push(last);
    page = await answering.list({ ...everything, limit: 1, after: { at: startedAt, id: last } });
  }
  expect(seen).toEqual(all.map((executor) => executor.id));
});

test("only those in the state that is asked for", async () => {
  const registered = await answering.list({ ...everything, state: "REGISTERED" });
  expect(registered.map((executor) => executor.id).sort()).toEqual([workers[1], workers[2], coordinator].sort());
});

test("a Spark that does not answer leaves the coordinator", async () => {
  const silent = service(() => Promise.reject(new Error("no answer within 5000 ms")));
  expect(await silent.list(everything)).toMatchObject([{ type: "COORDINATOR", state: "REGISTERED" }]);
});

test("the Spark of a session that is over is not asked", async () => {
  const over = service(() => Promise.resolve(summaries), { ...session, state: "TERMINATED", endedAt: 9_000 });
  expect(await over.list(everything)).toMatchObject([{ type: "COORDINATOR", state: "TERMINATED", endedAt: 9_000 }]);
});
