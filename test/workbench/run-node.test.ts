// The wrapper around the service, which `npm start` and `glaux` run, seen from outside. Tiny programs stand
// in for the service.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";

const folder = mkdtempSync(join(tmpdir(), "glaux-run-node-"));
afterAll(() => rmSync(folder, { recursive: true }));

const module = join(import.meta.dirname, "../../bin/run-node.mjs");
const wrapper = join(folder, "wrapper.mjs");
writeFileSync(
  wrapper,
  `import { runOnPinnedNode } from ${JSON.stringify(module)};
   process.exitCode = await runOnPinnedNode(process.execPath, process.argv.slice(2), { ownSession: true, sameWithinMs: Number(process.env.SAME) });`,
);

/**
 * A program that counts the signals it gets, prints each with the count so far, and ends with code 7 when its
 * standard input closes.
 */
const counter = join(folder, "counter.mjs");
writeFileSync(
  counter,
  `let got = 0;
   for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => { got++; console.log(signal, got); });
   process.stdin.resume().on("end", () => process.exit(7));
   console.log("ready");`,
);

const oneKeyPress = { env: { ...process.env, SAME: "60000" } };
const twoKeyPresses = { env: { ...process.env, SAME: "0" } };

test.each(["SIGINT", "SIGTERM"] as const)("%s delivered twice at a time reaches the service once", async (signal) => {
  const child = spawn(process.execPath, [wrapper, counter], oneKeyPress);
  const output = collect(child.stdout);
  await output.until("ready");
  child.kill(signal);
  await output.until(`${signal} 1`);
  child.kill(signal);
  child.stdin.end();
  expect((await once(child, "exit"))[0]).toBe(7);
  expect(output.text()).toBe(`ready\n${signal} 1\n`);
});

test("a second Ctrl-C later on reaches the service too", async () => {
  const child = spawn(process.execPath, [wrapper, counter], twoKeyPresses);
  const output = collect(child.stdout);
  await output.until("ready");
  child.kill("SIGINT");
  await output.until("SIGINT 1");
  child.kill("SIGINT");
  await output.until("SIGINT 2");
  child.stdin.end();
  expect((await once(child, "exit"))[0]).toBe(7);
});

test("a terminal's Ctrl-C, which goes to the whole process group, reaches the service once", async () => {
  const child = spawn(process.execPath, [wrapper, counter], { ...oneKeyPress, detached: true });
  const output = collect(child.stdout);
  await output.until("ready");
  process.kill(-child.pid!, "SIGINT");
  await output.until("SIGINT 1");
  child.stdin.end();
  expect((await once(child, "exit"))[0]).toBe(7);
  expect(output.text()).toBe("ready\nSIGINT 1\n");
});

test("the death of the service by a signal is its exit code", async () => {
  const child = spawn(process.execPath, [wrapper, "-e", "process.kill(process.pid, 'SIGKILL')"]);
  expect((await once(child, "exit"))[0]).toBe(128 + 9);
});

function collect(stream: NodeJS.ReadableStream) {
  let text = "";
  stream.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
  return {
    text: () => text,
    until: async (wanted: string) => {
      while (!text.includes(wanted)) await once(stream, "data");
    },
  };
}
