// vitest's global set-up: a run that leaves a process behind has failed.
import { randomUUID } from "node:crypto";
import { endLeftProcesses, runVariable } from "./left-behind.ts";

export default function setup() {
  const runId = (process.env[runVariable] ??= randomUUID());
  return async function teardown() {
    const left = await endLeftProcesses(runId, 5_000);
    if (left.length === 0) return;
    const list = left.map(({ pid, command }) => `  ${pid} ${command.slice(0, 300)}`).join("\n");
    throw new Error(`The tests left processes behind (killed now):\n${list}`);
  };
}
