import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { findPython } from "../../src/engines/python.ts";
import { engineSpecs } from "../../src/engines/specs.ts";

let folder: string;
let children: ChildProcess[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "glaux-lock-"));
  children = [];
});
afterEach(async () => {
  await Promise.all(children.map((child) => killed(child)));
  await rm(folder, { recursive: true });
});

/** Starts a process that wants the lock, and reads the lines that it prints. */
async function contender(mode = ""): Promise<{ child: ChildProcess; line(): Promise<string> }> {
  const python = (await findPython(engineSpecs["3.5"], { env: process.env })).path;
  const script = fileURLToPath(new URL("lock-holder.ts", import.meta.url));
  const child = spawn(process.execPath, [script, join(folder, "lock"), python, mode], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  children.push(child);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return { child, line: async () => String((await lines.next()).value) };
}

async function killed(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGKILL");
  await ended;
}

test("a second installer says for whom it waits, and gets the lock when the first is done", async () => {
  const first = await contender();
  expect(await first.line()).toBe("locked");
  const second = await contender();
  expect(await second.line()).toMatch(new RegExp(`^waiting for process ${String(first.child.pid)}, since 20`));
  first.child.stdin?.end();
  expect(await second.line()).toBe("locked");
});

test("a holder that was killed does not keep it", async () => {
  const first = await contender();
  await first.line();
  await killed(first.child);
  expect(await (await contender()).line()).toBe("locked");
});

test("a killed holder's child that still works in the folder does keep it", async () => {
  const first = await contender("orphan");
  const orphan = Number((await first.line()).split(" ")[1]);
  await killed(first.child);
  const second = await contender();
  expect(await second.line()).toMatch(/^waiting for process/);
  process.kill(orphan, "SIGKILL");
  expect(await second.line()).toBe("locked");
});
