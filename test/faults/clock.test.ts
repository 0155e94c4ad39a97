// The machine's clock is set while sessions run: all processes of a service see it jump by days, forward and
// back.
import { renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { GetCalculationExecutionStatusCommand, StopCalculationExecutionCommand } from "@aws-sdk/client-athena";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { sessionPids } from "../support/session-traces.ts";
import { ServedFolder } from "../support/served-folder.ts";

// Each test starts servers, which takes time on a busy machine.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const day = 86_400_000;
const preload = join(import.meta.dirname, "jumping-clock.ts");

let service: ServedFolder;
let clock: string;
beforeEach(async () => {
  service = new ServedFolder();
  clock = join(service.home, "clock");
  await start();
});
afterEach(() => service[Symbol.asyncDispose]());

const start = () => service.start({ env: { NODE_OPTIONS: `--import=${preload}`, GLAUX_TEST_CLOCK: clock } });
/** The rename is atomic, so that no process reads a file that is half written. */
function setClock(offsetMs: number) {
  writeFileSync(`${clock}.new`, String(offsetMs));
  renameSync(`${clock}.new`, clock);
}

/**
 * Sets the clock of the service and of the clients, because clients sign their requests with the time that
 * they see. The clients' offset is fixed: otherwise a client would correct it by the Date header of an
 * answer, which Node makes from the real clock.
 */
function set(offsetMs: number) {
  setClock(offsetMs);
  const { athena, s3 } = service.user;
  const offset = { configurable: true, get: () => offsetMs, set: () => undefined };
  for (const { config } of [athena, s3]) Object.defineProperty(config, "systemClockOffset", offset);
}

test.each([
  ["forward", 2 * day],
  ["back", -2 * day],
])("%s: sessions, calculations and held answers go on as if nothing had been", async (_, jump) => {
  const { user } = service;
  const id = await user.idleSession({ SessionIdleTimeoutInMinutes: 1 });
  const calculation = await user.start(id, "hang");
  set(jump);
  // This answer is held, because the calculation was just started. It is held for at most a second and a
  // half, whatever the clock says.
  const command = new GetCalculationExecutionStatusCommand({ CalculationExecutionId: calculation });
  expect((await user.athena.send(command)).Status?.State).toBe("RUNNING");
  await user.athena.send(new StopCalculationExecutionCommand({ CalculationExecutionId: calculation }));
  const { state, execution } = await user.ended(calculation);
  expect(state).toBe("CANCELED");
  const { SubmissionDateTime: from, CompletionDateTime: to } = execution.Status!;
  expect(to!.getTime()).toBeGreaterThanOrEqual(from!.getTime());

  // The session has been idle for only a moment, whatever the clock says. The reaper looks every second.
  set(0);
  for (let looks = 0; looks < 3; looks++) {
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    expect((await user.sessionStatus(id)).State).toBe("IDLE");
    set(looks % 2 === 0 ? jump : 0);
  }
  expect(await user.print(id, "sh:echo on")).toBe("on\n");
  expect(await user.print(await user.idleSession(), "sh:echo new")).toBe("new\n");
});

test("back over a restart: the session is taken over, and works", async () => {
  const id = await service.user.idleSession({ SessionIdleTimeoutInMinutes: 1 });
  const pids = sessionPids(service.server);
  set(0);
  await service.server.kill();
  setClock(-2 * day);
  await start();
  set(-2 * day);
  expect((await service.user.sessionStatus(id)).State).toBe("IDLE");
  expect(sessionPids(service.server)).toEqual(pids);
  expect(await service.user.print(id, "sh:echo on")).toBe("on\n");
});
