// A supervisor that was stopped by a signal: its session is DEGRADED, and recovers when the supervisor goes
// on.
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { sessionPids } from "../support/session-traces.ts";
import { ServedFolder } from "../support/served-folder.ts";

// A supervisor counts as silent after three pings without an answer, that is after 15 s.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

let service: ServedFolder;
beforeAll(async () => {
  service = new ServedFolder();
  await service.start();
});
afterAll(() => service[Symbol.asyncDispose]());

test("it is DEGRADED with a reason, takes no calculation, and recovers; what runs goes on, and another session is untouched", async () => {
  const { user } = service;
  const id = await user.idleSession();
  const [supervisor = 0] = sessionPids(service.server);
  const other = await user.idleSession();
  const running = await user.start(id, "sh:sleep 1; echo done");
  process.kill(supervisor, "SIGSTOP");
  await user.sessionIn(id, "DEGRADED");
  expect((await user.sessionStatus(id)).StateChangeReason).toBe("The session's supervisor process does not answer");
  await expect(user.start(id, "sh:true")).rejects.toMatchObject({
    message: "Session is in the DEGRADED state; needs to be IDLE to accept Calculations.",
  });
  expect(await user.print(other, "sh:echo untouched")).toBe("untouched\n");
  process.kill(supervisor, "SIGCONT");
  expect(await user.ended(running)).toMatchObject({ state: "COMPLETED", stdout: "done\n" });
  await user.sessionIn(id, "IDLE");
  expect(await user.sessionStatus(id)).not.toHaveProperty("StateChangeReason");
  expect(await user.print(id, "sh:echo again")).toBe("again\n");
});
