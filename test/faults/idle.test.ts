// The idle timeout over a restart. The time before the restart is known only from the data folder, where an
// earlier server stored it.
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { sessionPids } from "../support/session-traces.ts";
import { ServedFolder } from "../support/served-folder.ts";

// Each test starts servers, which takes time on a busy machine.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let service: ServedFolder;
let id: string;
beforeEach(async () => {
  service = new ServedFolder();
  await service.start();
  id = await service.user.idleSession({ SessionIdleTimeoutInMinutes: 1 });
});
afterEach(() => service[Symbol.asyncDispose]());

/**
 * Kills the server, and starts another one that finds the session idle since `agoMs` milliseconds before now.
 */
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
  // The reaper looks twice in this time, and must not end the session.
  await new Promise((resolve) => setTimeout(resolve, 2_500));
  expect((await service.user.sessionStatus(id)).State).toBe("IDLE");
});
