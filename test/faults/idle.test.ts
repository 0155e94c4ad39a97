// The idle timeout over a restart, in the time of the data folder: what a server finds there was stored by another one, some time ago.
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { sessionPids } from "../support/session-traces.ts";
import { ServedFolder } from "../support/served-folder.ts";

// Each test starts servers, on a machine that may have other work.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let service: ServedFolder;
let id: string;
beforeEach(async () => {
  service = new ServedFolder();
  await service.start();
  id = await service.user.idleSession({ SessionIdleTimeoutInMinutes: 1 });
});
afterEach(() => service[Symbol.asyncDispose]());

/** A server that is killed, and another one that finds the session idle since `agoMs` before now. */
async function restart(agoMs: number) {
  await service.server.kill();
  const database = new DatabaseSync(join(service.home, "glaux.db"));
  database.prepare("update sessions set idle_since_at = ? where id = ?").run(Date.now() - agoMs, id);
  database.close();
  await service.start();
}

test("the time before it counts: the session ends when a minute is over", async () => {
  await restart(52_000);
  const { State, IdleSinceDateTime: idleSince } = await service.user.sessionStatus(id);
  expect(State).toBe("IDLE");
  await service.user.sessionIn(id, "TERMINATED");
  const { EndDateTime: end, StateChangeReason: why } = await service.user.sessionStatus(id);
  expect(why).toBe("Session was terminated per request");
  expect(end!.getTime() - idleSince!.getTime()).toBeGreaterThanOrEqual(60_000);
  expect(sessionPids(service.server)).toEqual([]);
});

test("the time while no server ran counts, too", async () => {
  await restart(3_600_000);
  await service.user.sessionIn(id, "TERMINATED");
});

test("a session that became idle in the future, by a clock that was set back, is idle from now on", async () => {
  await restart(-86_400_000);
  await new Promise((resolve) => setTimeout(resolve, 2_500)); // two looks of the reaper: the point is that nothing happens
  expect((await service.user.sessionStatus(id)).State).toBe("IDLE");
});
