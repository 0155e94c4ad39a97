import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { isAlive } from "../../src/drivers/local/processes.ts";
import { FakeDrivers } from "./fake-drivers.ts";

const pingEveryMs = 40;

let drivers: FakeDrivers;
beforeEach(async () => {
  drivers = await FakeDrivers.open();
});
afterEach(() => drivers[Symbol.asyncDispose]());

test("a supervisor that stops answering is silent, and heard again when it goes on", async () => {
  const { fleet, told, supervisor } = await nextServer();
  await fleet.adoptAll();
  await told.until("heard");
  process.kill(supervisor.pid, "SIGSTOP");
  await told.until("silent");
  process.kill(supervisor.pid, "SIGCONT");
  await told.until("heard", 2);
  expect(told.calls).toEqual(["connected", "heard", "silent", "heard"]);
});

test("one that does not answer at all is killed", async () => {
  const { fleet, told, supervisor } = await nextServer();
  await fleet.adoptAll();
  await told.until("heard");
  process.kill(supervisor.pid, "SIGSTOP");
  await told.until("lost");
  expect(told.calls.slice(0, -1)).toEqual(["connected", "heard", "silent"]);
  expect(isAlive(supervisor)).toBe(false);
});

test("a server that was itself stopped for long does not hold that against its drivers", async () => {
  const { fleet, told, supervisor } = await nextServer();
  await fleet.adoptAll();
  await told.until("heard");
  for (let stops = 0; stops < 3; stops++) {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pingEveryMs * 26);
    await pause(pingEveryMs / 2);
  }
  expect(told.calls).toEqual(["connected", "heard"]);
  expect(isAlive(supervisor)).toBe(true);
});

test("the first answer is told, and not before the JVM answers: an earlier server may have told of silence", async () => {
  const { fleet, told, handle } = await nextServer();
  const mark = join(handle.folder, "jvm-hangs");
  writeFileSync(mark, "");
  await fleet.adoptAll();
  await told.until("connected");
  await pause(pingEveryMs * 6);
  expect(told.calls).toEqual(["connected"]);
  rmSync(mark);
  await told.until("heard");
});

test("calls come one at a time, and time spent in one is not the supervisor's silence", async () => {
  const { fleet, told, supervisor } = await nextServer();
  told.during = async (call) => {
    if (call === "connected") await pause(pingEveryMs * 26);
    if (call === "silent") await pause(pingEveryMs * 3);
  };
  await fleet.adoptAll();
  await told.until("heard");
  process.kill(supervisor.pid, "SIGSTOP");
  await told.until("silent");
  process.kill(supervisor.pid, "SIGCONT");
  await told.until("heard", 2);
  expect(told.calls).toEqual(["connected", "heard", "silent", "heard"]);
  expect(told.most).toBe(1);
});

test("a report that could not be stored is made again", async () => {
  const { fleet, told } = await nextServer();
  let failures = 0;
  told.during = async (call) => {
    if (call === "heard" && failures++ < 1) throw new Error("disk full");
  };
  await fleet.adoptAll();
  await told.until("heard");
  expect(failures).toBe(2);
});

/**
 * A fleet with quick pings that can adopt a driver which is ready already. A driver that still boots would
 * count as silent, because a boot takes longer than three such pings.
 */
async function nextServer() {
  const before = drivers.fleet();
  const { handle, process: supervisor } = await drivers.ready(before);
  await before.fleet.detachAll();
  return { ...drivers.fleet({ pingEveryMs }), handle, supervisor };
}
