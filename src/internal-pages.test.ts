import { expect, test, vi } from "vitest";
import type { Progress } from "./drivers/messages.ts";
import { internalPages } from "./internal-pages.ts";

const progress: Progress = {
  type: "progress",
  calculationId: "c",
  progress: 50,
  executors: 0,
  activeTasks: 1,
  completedTasks: 2,
  totalTasks: 4,
  stages: [{ stageId: 1, name: "count", completed: 2, total: 4 }],
};

function setUp() {
  const pages = internalPages({
    progressOf: (id) => (id === "c" ? progress : undefined),
    metrics: () => Promise.resolve("glaux_sessions 1\n"),
    sessions: {
      active: () => Promise.resolve([]),
      find: (id) => Promise.resolve(id === "s" ? ({ id, processes: [] } as never) : undefined),
    },
    pool: () => ({ waiting: "it is full" }),
  });
  const caller = vi.fn(() => Promise.resolve({ accessKeyId: "k", principalArn: "arn" }));
  const get = async (path: string, method = "GET") => {
    const answer = await pages.answer({ method, path, caller });
    return answer && { status: answer.status, body: JSON.parse(answer.body as string) as unknown };
  };
  return { pages, caller, get };
}

test("health answers from the start, ready only between start and drain, both unsigned", async () => {
  const { pages, caller, get } = setUp();
  expect(await get("/-/health")).toEqual({ status: 200, body: { status: "ok" } });
  expect(await get("/-/ready")).toEqual({ status: 503, body: { status: "starting" } });
  pages.ready();
  expect(await get("/-/ready")).toEqual({ status: 200, body: { status: "ready" } });
  pages.drain();
  expect(await get("/-/ready")).toEqual({ status: 503, body: { status: "draining" } });
  expect(caller).not.toHaveBeenCalled();
});

test("the progress of a running calculation, for who signs", async () => {
  const { caller, get } = setUp();
  const { type: _type, calculationId: _id, ...shown } = progress;
  expect(await get("/-/calculations/c/progress")).toEqual({ status: 200, body: shown });
  expect(await get("/-/calculations/other/progress")).toBeUndefined();
  caller.mockRejectedValueOnce(new Error("not signed"));
  await expect(get("/-/calculations/c/progress")).rejects.toThrow("not signed");
});

test("the sessions and the pool as their operator sees them, for who signs", async () => {
  const { caller, get } = setUp();
  expect(await get("/-/sessions")).toEqual({ status: 200, body: { sessions: [] } });
  expect(await get("/-/sessions/s")).toEqual({ status: 200, body: { id: "s", processes: [] } });
  expect(await get("/-/sessions/other")).toBeUndefined();
  expect(await get("/-/pool")).toEqual({ status: 200, body: { waiting: "it is full" } });
  caller.mockRejectedValue(new Error("not signed"));
  for (const path of ["/-/sessions", "/-/sessions/s", "/-/pool"]) await expect(get(path)).rejects.toThrow("not signed");
});

test.each([
  ["/-/health", "POST"],
  ["/-/nothing", "GET"],
  ["/-/calculations//progress", "GET"],
])("%s %s is no page", async (path, method) => {
  expect(await setUp().get(path, method)).toBeUndefined();
});
