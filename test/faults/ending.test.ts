// How a service ends: by a signal, by a second signal, and by `glaux stop`.
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { GetCalculationExecutionStatusCommand } from "@aws-sdk/client-athena";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { startGlaux, runGlaux } from "../cli/glaux.ts";
import { glauxEnvironment, processesOn, temporaryHome } from "../support/server.ts";
import { sessionPids } from "../support/session-traces.ts";
import { waitFor } from "../support/wait-for.ts";
import { ServedFolder } from "../support/served-folder.ts";

// Each test starts servers, which takes time on a busy machine.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let service: ServedFolder;
beforeEach(async () => {
  service = new ServedFolder();
  await service.start();
});
afterEach(async () => {
  await service[Symbol.asyncDispose]();
});

const glauxEnv = (home = service.home) => glauxEnvironment(home, service.env);
const stateOf = async (id: string) => (await service.user.sessionStatus(id)).State;

/** How many status requests the server has held so far. */
async function heldAnswers(): Promise<number> {
  const metrics = await (await fetch(`${service.server.endpoint}/-/metrics`)).text();
  return Number(/^glaux_answers_held_total (\d+)$/m.exec(metrics)?.[1] ?? 0);
}

describe("SIGTERM", () => {
  test("leaves sessions and a running calculation to the next start", async () => {
    const id = await service.user.idleSession();
    const go = join(service.home, "go");
    const calculation = await service.user.start(
      id,
      `sh:echo begun; while [ ! -e ${go} ]; do sleep 0.05; done; echo done`,
    );
    const pids = sessionPids(service.server);
    expect(await service.server.stop("SIGTERM")).toBe(0);
    expect(sessionPids(service.server)).toEqual(expect.arrayContaining([pids[0]]));
    await service.start();
    expect(await stateOf(id)).toBe("BUSY");
    writeFileSync(go, "");
    expect(await service.user.ended(calculation)).toMatchObject({ state: "COMPLETED", stdout: "begun\ndone\n" });
  });

  test("answers a request that waits, and takes no further one", async () => {
    const id = await service.user.idleSession();
    const calculation = await service.user.start(id, "hang");
    const before = await heldAnswers();
    const held = service.user.athena.send(
      new GetCalculationExecutionStatusCommand({ CalculationExecutionId: calculation }),
    );
    await waitFor("the request's arrival", async () => ((await heldAnswers()) > before ? true : undefined));
    const ended = service.server.stop("SIGTERM");
    expect((await held).Status?.State).toBe("RUNNING");
    expect(await ended).toBe(0);
    await expect(service.user.sessionStatus(id)).rejects.toThrow(/ECONNREFUSED|socket hang up|ECONNRESET/);
    await service.start(); // the end of the test needs a server to end the session
  });
});

describe("SIGTERM with GLAUX_SESSIONS_AT_SIGTERM=end", () => {
  const env = { GLAUX_SESSIONS_AT_SIGTERM: "end" };
  beforeEach(async () => {
    await service.server.stop();
    await service.start({ env });
  });

  test("ends sessions and what they calculate, and no process remains", async () => {
    const id = await service.user.idleSession();
    const calculation = await service.user.start(id, "sh:sleep 600");
    expect(await service.server.stop("SIGTERM")).toBe(0);
    expect(processesOn(service.home)).toEqual([]);
    await service.start();
    expect(await stateOf(id)).toBe("TERMINATED");
    expect((await service.user.ended(calculation)).state).toBe("CANCELED");
  });

  test("so does `glaux stop`, and says so", async () => {
    await service.user.idleSession();
    const { stdout } = await runGlaux({ ...glauxEnv(), ...env }, ["stop"]);
    expect(stdout).toContain("and its sessions …");
    expect(processesOn(service.home)).toEqual([]);
    await service.start();
  });
});

describe("SIGINT", () => {
  test("ends what does not hear it, too: a supervisor that was stopped", async () => {
    await service.user.idleSession();
    const [supervisor = 0] = sessionPids(service.server);
    process.kill(supervisor, "SIGSTOP");
    // `stop` also fails if a process of a session is left
    expect(await service.server.stop("SIGINT")).toBe(0);
  });
});

describe("a second signal", () => {
  test.each(["SIGINT", "SIGTERM"] as const)(
    "%s ends it at once, and what lives is the next start's",
    async (second) => {
      const id = await service.user.idleSession();
      const [supervisor = 0] = sessionPids(service.server);
      process.kill(supervisor, "SIGSTOP"); // a stopped supervisor makes the end of the session take long
      const { pid } = service.server;
      process.kill(pid, "SIGINT");
      await waitFor("the end's beginning", () =>
        service.server.output().includes("Ending the service and its sessions") ? true : undefined,
      );
      // An earlier signal would count as the same key press.
      await new Promise((resolve) => setTimeout(resolve, 400));
      process.kill(pid, second);
      await waitFor("its end", () => (existsSync(`/proc/${String(pid)}`) ? undefined : true));
      expect(await service.server.stop("SIGTERM")).toBe(second === "SIGINT" ? 130 : 143);
      expect(service.server.output()).toContain("Ended at once");
      process.kill(supervisor, "SIGCONT");
      await service.start();
      await service.user.sessionIn(id, "TERMINATED");
    },
  );
});

describe("glaux stop", () => {
  test("ends the service, waits for that, and leaves the sessions to the next start", async () => {
    const id = await service.user.idleSession();
    const { pid } = service.server;
    const { code, stdout, stderr } = await runGlaux(glauxEnv(), ["stop"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toContain(`process ${String(pid)}); sessions go on`);
    expect(stdout).toMatch(/\nEnded\.\n$/);
    expect(existsSync(join(service.home, "run/endpoint"))).toBe(false);
    expect(await service.server.stop("SIGTERM")).toBe(0);
    expect(sessionPids(service.server).length).toBeGreaterThan(0);
    await service.start();
    expect(await stateOf(id)).toBe("IDLE");
  });

  test("--sessions ends them too, one that calculates as well, and no process remains", async () => {
    const id = await service.user.idleSession();
    await service.user.start(id, "sh:sleep 600");
    const { code, stdout } = await runGlaux(glauxEnv(), ["stop", "--sessions"]);
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: `Ending the service (process ${String(service.server.pid)}) and its sessions …\nEnded.\n`,
    });
    expect(processesOn(service.home)).toEqual([]);
    await service.start();
    expect(await stateOf(id)).toBe("TERMINATED");
  });

  test("says so where no service runs, also beside what a killed one has left", async () => {
    const other = temporaryHome();
    const none = await runGlaux(glauxEnv(other), ["stop"]);
    rmSync(other, { recursive: true });
    expect([none.code, none.stdout]).toEqual([1, ""]);
    expect(none.stderr).toBe(
      `glaux: no Glaux service runs on ${other}\n  → GLAUX_HOME names the data folder of the one that is meant\n`,
    );
    await service.server.kill();
    expect((await runGlaux(glauxEnv(), ["stop"])).stderr).toContain("no Glaux service runs on");
    await service.start();
  });

  test("can be asked twice", async () => {
    const first = startGlaux(glauxEnv(), ["stop", "--sessions"]);
    await first.printed("Ending the service");
    const second = await runGlaux(glauxEnv(), ["stop", "--sessions"]);
    expect((await first.end).code).toBe(0);
    expect(second.code === 0 || second.stderr.includes("no Glaux service runs")).toBe(true);
  });
});
