import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { expect, test } from "vitest";
import { endLeftProcesses, processesOf, runVariable } from "../../scripts/test/left-behind.ts";

test("a process that a run left behind is found through its environment, and ended", async () => {
  const runId = randomUUID();
  // The process is in a session of its own, like a driver, so that neither a process group nor a parent would
  // lead to it.
  const child = spawn("sleep", ["600"], { detached: true, env: { ...process.env, [runVariable]: runId } });
  await once(child, "spawn");
  const exited = once(child, "exit");

  expect(processesOf(runId)).toEqual([{ pid: child.pid, command: "sleep 600" }]);
  expect(processesOf(randomUUID())).toEqual([]);
  expect(await endLeftProcesses(runId, 0)).toHaveLength(1);
  expect((await exited)[1]).toBe("SIGKILL");
  expect(await endLeftProcesses(runId, 0)).toEqual([]);
});
