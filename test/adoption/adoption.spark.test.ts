// Sessions outlive their server: whatever ends it, the next one on the same data folder takes over what lives and buries what died.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import {
  ListCalculationExecutionsCommand,
  StartCalculationExecutionCommand,
  StartSessionCommand,
  StopCalculationExecutionCommand,
  TerminateSessionCommand,
} from "@aws-sdk/client-athena";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { athenaUser, type AthenaUser } from "../support/athena-user.ts";
import { assertNothingLeft, startServer, temporaryHome, type TestServer } from "../support/server.ts";
import { sessionPids, unixSockets } from "../support/session-traces.ts";
import { waitFor } from "../support/wait-for.ts";

// One data folder and one session for all; the servers come and go, each on the port of the first, as a configured one would be.
const home = temporaryHome();
let listen = "127.0.0.1:0";
let server: TestServer;
let user: AthenaUser;
let session: string;

beforeAll(async () => {
  await begin();
  session = await user.idleSession({ Description: "outlives its server" });
});
afterAll(async () => {
  user[Symbol.dispose]();
  await server.stop("SIGINT");
  await assertNothingLeft(home);
  await rm(home, { recursive: true });
});

async function begin(env: NodeJS.ProcessEnv = {}) {
  server = await startServer({ home, env: { GLAUX_LISTEN: listen, ...env } });
  listen = new URL(server.endpoint).host;
  user = athenaUser(server);
}

/** What happens between an end and the next start happens while no server runs. */
async function restart(end: () => Promise<unknown>, meanwhile: () => void | Promise<void> = () => undefined) {
  user[Symbol.dispose]();
  await end();
  await meanwhile();
  await begin();
}

const kill = () => server.kill();
const file = (name: string) => join(home, name);
const waitForFile = (name: string) => waitFor(name, () => (existsSync(file(name)) ? true : undefined));

describe("a server killed with SIGKILL", () => {
  test("while its session is idle: the session goes on, with variables and views, in the same processes", async () => {
    const pid = await user.print(
      session,
      "import os\nkept = ['barn']\nspark.range(4).createOrReplaceTempView('four')\nprint(os.getpid())",
    );
    const before = await user.sessionStatus(session);
    const pids = sessionPids(server);
    await restart(kill);
    expect(await user.sessionStatus(session)).toEqual(before);
    expect(sessionPids(server)).toEqual(pids);
    expect(await user.print(session, "print(os.getpid())")).toBe(pid);
    expect(await user.print(session, "print(kept, spark.table('four').count())")).toBe("['barn'] 4\n");
  });

  test("while a calculation runs that finishes before the next start: it has its result, exactly once", async () => {
    const id = await user.start(
      session,
      [
        "import time",
        `open(${JSON.stringify(file("begun"))}, 'a').write('x')`,
        `while not os.path.exists(${JSON.stringify(file("go"))}): time.sleep(0.02)`,
        "kept.append('snowy')",
        "print('finished meanwhile')",
        `open(${JSON.stringify(file("done"))}, 'w').write('x')`,
      ].join("\n"),
    );
    await waitForFile("begun");
    await restart(kill, async () => {
      writeFileSync(file("go"), "");
      await waitForFile("done");
    });
    const ended = await user.ended(id);
    expect(ended).toMatchObject({ state: "COMPLETED", stdout: "finished meanwhile\n", stderr: "" });
    expect(ended.execution.Statistics).toMatchObject({ Progress: "100%" });
    expect(ended.execution.Statistics!.DpuExecutionInMillis).toBeGreaterThan(0);
    expect(readFileSync(file("begun"), "utf8")).toBe("x");
    expect(await user.print(session, "print(kept)")).toBe("['barn', 'snowy']\n");
    const { Calculations } = await user.athena.send(
      new ListCalculationExecutionsCommand({ SessionId: session, MaxResults: 2 }),
    );
    expect(Calculations![1]!.CalculationExecutionId).toBe(id);
  });

  test("while a calculation runs that goes on: it is still RUNNING, then finishes, exactly once", async () => {
    const id = await user.start(
      session,
      [
        `open(${JSON.stringify(file("begun-2"))}, 'a').write('x')`,
        "print('before')",
        `while not os.path.exists(${JSON.stringify(file("go-2"))}): time.sleep(0.02)`,
        "print('after', spark.range(10).count())",
      ].join("\n"),
    );
    await waitForFile("begun-2");
    await restart(kill);
    expect((await user.sessionStatus(session)).State).toBe("BUSY");
    await expect(user.start(session, "1")).rejects.toMatchObject({
      message: "Session is in the BUSY state; needs to be IDLE to accept Calculations.",
    });
    writeFileSync(file("go-2"), "");
    expect(await user.ended(id)).toMatchObject({ state: "COMPLETED", stdout: "before\nafter 10\n" });
    expect(readFileSync(file("begun-2"), "utf8")).toBe("x");
  });

  test("while a calculation runs that is stopped after the next start: it is CANCELED", async () => {
    const id = await user.start(session, `open(${JSON.stringify(file("begun-3"))}, 'w')\ntime.sleep(600)`);
    await waitForFile("begun-3");
    await restart(kill);
    await user.athena.send(new StopCalculationExecutionCommand({ CalculationExecutionId: id }));
    expect((await user.ended(id)).state).toBe("CANCELED");
    expect(await user.print(session, "print(kept)")).toBe("['barn', 'snowy']\n");
  });

  test("again and again, right after a start was acknowledged: every calculation runs once", async () => {
    const ids: string[] = [];
    for (let n = 0; n < 4; n++) {
      await user.sessionIn(session, "IDLE");
      ids.push(
        await user.start(
          session,
          `open(${JSON.stringify(file("ran"))}, 'a').write('${String(n)}')\nprint(${String(n)})`,
        ),
      );
      await restart(kill);
    }
    for (const [n, id] of ids.entries())
      expect(await user.ended(id)).toMatchObject({ state: "COMPLETED", stdout: `${String(n)}\n` });
    expect(readFileSync(file("ran"), "utf8")).toBe("0123");
  });

  test("during a session's start: the session becomes IDLE", async () => {
    const before = sessionPids(server);
    const { SessionId } = await user.athena.send(
      new StartSessionCommand({ WorkGroup: "primary", EngineConfiguration: {} }),
    );
    await waitFor("its supervisor", () => (sessionPids(server).length > before.length ? true : undefined));
    await restart(kill);
    expect(await user.sessionIn(SessionId!, "IDLE")).toBe("IDLE");
    expect(await user.print(SessionId!, "print(spark.range(2).count())")).toBe("2\n");
    await user.athena.send(new TerminateSessionCommand({ SessionId }));
    // Killed while the session ends, too.
    await restart(kill);
    expect(await user.sessionIn(SessionId!, "TERMINATED")).toBe("TERMINATED");
    expect(sessionPids(server)).toEqual(before);
    expect(await user.print(session, "print(kept)")).toBe("['barn', 'snowy']\n");
  });
});

describe("SIGTERM", () => {
  test("ends the server alone; the session goes on with the next one, which knows the tokens of before", async () => {
    const pids = sessionPids(server);
    const command = new StartCalculationExecutionCommand({
      SessionId: session,
      CodeBlock: `open(${JSON.stringify(file("with-token"))}, 'a').write('x')`,
      ClientRequestToken: "a token of thirty-two characters",
    });
    const { CalculationExecutionId } = await user.athena.send(command);
    expect((await user.ended(CalculationExecutionId!)).state).toBe("COMPLETED");
    await restart(async () => {
      expect(await server.stop("SIGTERM")).toBe(0);
      expect(sessionPids(server)).toEqual(pids);
    });
    expect(await user.athena.send(command)).toMatchObject({ CalculationExecutionId, State: "COMPLETED" });
    expect(readFileSync(file("with-token"), "utf8")).toBe("x");
    expect(await user.print(session, "print(kept)")).toBe("['barn', 'snowy']\n");
  });
});

describe("a session whose processes died while no server ran", () => {
  test("is FAILED at the next start, with its calculation, and says why; the others live", async () => {
    const before = sessionPids(server);
    const other = await user.idleSession();
    const id = await user.start(other, `open(${JSON.stringify(file("begun-4"))}, 'w')\nimport time\ntime.sleep(600)`);
    await waitForFile("begun-4");
    const doomed = sessionPids(server).filter((pid) => !before.includes(pid));
    await restart(kill, async () => {
      for (const pid of doomed) killOne(pid);
      await waitFor("their end", () => (sessionPids(server).every((pid) => before.includes(pid)) ? true : undefined));
    });
    const status = await user.sessionStatus(other);
    expect(status.State).toBe("FAILED");
    expect(status.StateChangeReason).toMatch(/\S/);
    const ended = await user.ended(id);
    expect(ended.state).toBe("FAILED");
    expect(ended.reason).toMatch(/\S/);
    expect(await user.print(session, "print(kept)")).toBe("['barn', 'snowy']\n");
  });
});

describe("a driver whose session the store does not know", () => {
  test("is ended by the next server", async () => {
    await user.print(session, "import subprocess\nchild = subprocess.Popen(['sleep', '600'])");
    const pids = sessionPids(server);
    expect(pids.length).toBeGreaterThanOrEqual(4);
    // A database put back from before, or thrown away, beside processes that live.
    await restart(kill, async () => {
      for (const end of ["", "-wal", "-shm"]) await rm(file(`glaux.db${end}`), { force: true });
    });
    await waitFor("its end", () => (sessionPids(server).some((pid) => pids.includes(pid)) ? undefined : true));
    expect(unixSockets(home)).toEqual([]);
  });
});

describe("SIGINT", () => {
  test("ends the server and every process of its sessions, one that calculates too", async () => {
    const other = await user.idleSession();
    await user.start(
      other,
      `import subprocess, time\nsubprocess.Popen(['sleep', '600'], start_new_session=True)\nopen(${JSON.stringify(file("begun-5"))}, 'w')\ntime.sleep(600)`,
    );
    await waitForFile("begun-5");
    const began = Date.now();
    await restart(async () => {
      expect(await server.stop("SIGINT")).toBe(0);
      expect(Date.now() - began).toBeLessThan(15_000);
      expect(sessionPids(server)).toEqual([]);
      expect(unixSockets(home)).toEqual([]);
    });
    const status = await user.sessionStatus(other);
    expect([status.State, status.StateChangeReason]).toEqual(["TERMINATED", "Session was terminated per request"]);
  });
});

function killOne(pid: number) {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // one of the others took it along
  }
}
