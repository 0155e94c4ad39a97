import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { commandLine, isAlive, startedTicks } from "../../src/drivers/local/processes.ts";

const noDescriptors = fileURLToPath(new URL("../fixtures/drivers/no-descriptors.ts", import.meta.url));

test("a process that is not there is gone", () => {
  expect(startedTicks(2 ** 30)).toBeUndefined();
  expect(commandLine(2 ** 30)).toEqual([]);
  expect(isAlive({ pid: process.pid, startedTicks: startedTicks(process.pid) ?? 0 })).toBe(true);
  expect(isAlive({ pid: process.pid, startedTicks: 1 })).toBe(false);
});

test("without a file descriptor nothing is taken for dead or empty", async () => {
  const limited = ["-c", 'ulimit -n 100 && exec "$0" "$1"', process.execPath, noDescriptors];
  const { stdout } = await promisify(execFile)("/bin/sh", limited);
  expect(JSON.parse(stdout)).toEqual({ isAlive: "EMFILE", tagged: "EMFILE", journal: "EMFILE", later: true });
});
