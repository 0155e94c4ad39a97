// Sessions outlive their server. However a server ends, the next one on the same data folder takes over the
// drivers that live and buries those that died.
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
import { ServedFolder } from "../support/served-folder.ts";
import { temporaryHome } from "../support/server.ts";
import { sessionPids, unixSockets } from "../support/session-traces.ts";
import { waitFor } from "../support/wait-for.ts";

// All tests that leave this session alive share it and its data folder. The other tests use a folder of their
// own.
const folder = new ServedFolder(temporaryHome(), { isSparkReal: true });
let session: string;

beforeAll(async () => {
  await folder.start();
  session = await folder.user.idleSession({ Description: "outlives its server" });
  await folder.user.print(session, "import os, time\nkept = ['barn']");
});
afterAll(() => folder[Symbol.asyncDispose]());

/** Ends the server, runs `meanwhile` while no server runs, and starts the next server. */
async function restart(
  end: () => Promise<unknown>,
  meanwhile: () => void | Promise<void> = () => undefined,
  on = folder,
) {
  await end();
  await meanwhile();
  await on.start();
}

const kill = () => folder.server.kill();
const file = (name: string) => join(folder.home, name);
const waitForFile = (name: string) => waitFor(name, () => (existsSync(file(name)) ? true : undefined));

describe("a server killed with SIGKILL", () => {
  test("while its session is idle: the session goes on, with variables and views, in the same processes", async () => {
    const pid = await folder.user.print(session, "spark.range(4).createOrReplaceTempView('four')\nprint(os.getpid())");
    const before = await folder.user.sessionStatus(session);
    const pids = sessionPids(folder.server);
    await restart(kill);
    expect(await folder.user.sessionStatus(session)).toEqual(before);
    expect(sessionPids(folder.server)).toEqual(pids);
    expect(await folder.user.print(session, "print(os.getpid())")).toBe(pid);
    expect(await folder.user.print(session, "print(kept, spark.table('four').count())")).toBe("['barn'] 4\n");
  });

  test("while a calculation runs that finishes before the next start: it has its result, exactly once", async () => {
    const id = await folder.user.start(
      session,
      [
        "seen = ['barn']",
        `open(${JSON.stringify(file("begun"))}, 'a').write('x')`,
        `while not os.path.exists(${JSON.stringify(file("go"))}): time.sleep(0.02)`,
        "seen.append('snowy')",
        "print('finished meanwhile')",
        `open(${JSON.stringify(file("done"))}, 'w').write('x')`,
      ].join("\n"),
    );
    await waitForFile("begun");
    await restart(kill, async () => {
      writeFileSync(file("go"), "");
      await waitForFile("done");
    });
    const ended = await folder.user.ended(id);
    expect(ended).toMatchObject({ state: "COMPLETED", stdout: "finished meanwhile\n", stderr: "" });
    expect(ended.execution.Statistics).toMatchObject({ Progress: "100%" });
    expect(ended.execution.Statistics!.DpuExecutionInMillis).toBeGreaterThan(0);
    expect(readFileSync(file("begun"), "utf8")).toBe("x");
    expect(await folder.user.print(session, "print(seen)")).toBe("['barn', 'snowy']\n");
    const { Calculations } = await folder.user.athena.send(
      new ListCalculationExecutionsCommand({ SessionId: session, MaxResults: 2 }),
    );
    expect(Calculations![1]!.CalculationExecutionId).toBe(id);
  });

  test("while a calculation runs that goes on: it is still RUNNING, then finishes, exactly once", async () => {
    const id = await folder.user.start(
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
    expect((await folder.user.sessionStatus(session)).State).toBe("BUSY");
    await expect(folder.user.start(session, "1")).rejects.toMatchObject({
      message: "Session is in the BUSY state; needs to be IDLE to accept Calculations.",
    });
    writeFileSync(file("go-2"), "");
    expect(await folder.user.ended(id)).toMatchObject({ state: "COMPLETED", stdout: "before\nafter 10\n" });
    expect(readFileSync(file("begun-2"), "utf8")).toBe("x");
  });

  test("while a calculation runs that is stopped after the next start: it is CANCELED", async () => {
    const id = await folder.user.start(session, `open(${JSON.stringify(file("begun-3"))}, 'w')\ntime.sleep(600)`);
    await waitForFile("begun-3");
    await restart(kill);
    await folder.user.athena.send(new StopCalculationExecutionCommand({ CalculationExecutionId: id }));
    expect((await folder.user.ended(id)).state).toBe("CANCELED");
    expect(await folder.user.print(session, "print(kept)")).toBe("['barn']\n");
  });

  test("again and again, right after a start was acknowledged: every calculation runs once", async () => {
    const ids: string[] = [];
    for (let n = 0; n < 4; n++) {
      await folder.user.sessionIn(session, "IDLE");
      ids.push(
        await folder.user.start(
          session,
          `open(${JSON.stringify(file("ran"))}, 'a').write('${String(n)}')\nprint(${String(n)})`,
        ),
      );
      await restart(kill);
    }
    for (const [n, id] of ids.entries())
      expect(await folder.user.ended(id)).toMatchObject({ state: "COMPLETED", stdout: `${String(n)}\n` });
    expect(readFileSync(file("ran"), "utf8")).toBe("0123");
  });

  test("during a session's start: the session becomes IDLE", async () => {
    const before = sessionPids(folder.server);
    const { SessionId } = await folder.user.athena.send(
      new StartSessionCommand({ WorkGroup: "primary", EngineConfiguration: {} }),
    );
    await waitFor("its supervisor", () => (sessionPids(folder.server).length > before.length ? true : undefined));
    await restart(kill);
    expect(await folder.user.sessionIn(SessionId!, "IDLE")).toBe("IDLE");
    expect(await folder.user.print(SessionId!, "print(spark.range(2).count())")).toBe("2\n");
    await folder.user.athena.send(new TerminateSessionCommand({ SessionId }));
    // The server is killed again, now while the session ends.
    await restart(kill);
    expect(await folder.user.sessionIn(SessionId!, "TERMINATED")).toBe("TERMINATED");
    expect(sessionPids(folder.server)).toEqual(before);
    expect(await folder.user.print(session, "print(kept)")).toBe("['barn']\n");
  });
});

describe("SIGTERM", () => {
  test("ends the server alone; the session goes on with the next one, which knows the tokens of before", async () => {
    const pids = sessionPids(folder.server);
    const command = new StartCalculationExecutionCommand({
      SessionId: session,
      CodeBlock: `open(${JSON.stringify(file("with-token"))}, 'a').write('x')`,
      ClientRequestToken: "a token of thirty-two characters",
    });
    const { CalculationExecutionId } = await folder.user.athena.send(command);
    expect((await folder.user.ended(CalculationExecutionId!)).state).toBe("COMPLETED");
    await restart(async () => {
      expect(await folder.server.stop("SIGTERM")).toBe(0);
      expect(sessionPids(folder.server)).toEqual(pids);
    });
    expect(await folder.user.athena.send(command)).toMatchObject({ CalculationExecutionId, State: "COMPLETED" });
    expect(readFileSync(file("with-token"), "utf8")).toBe("x");
    expect(await folder.user.print(session, "print(kept)")).toBe("['barn']\n");
  });
});

describe("a session whose processes died while no server ran", () => {
  test("is FAILED at the next start, with its calculation, and says why; the others live", async () => {
    const before = sessionPids(folder.server);
    const other = await folder.user.idleSession();
    const id = await folder.user.start(
      other,
      `open(${JSON.stringify(file("begun-4"))}, 'w')\nimport time\ntime.sleep(600)`,
    );
    await waitForFile("begun-4");
    const doomed = sessionPids(folder.server).filter((pid) => !before.includes(pid));
    await restart(kill, async () => {
      for (const pid of doomed) killOne(pid);
      await waitFor("their end", () =>
        sessionPids(folder.server).every((pid) => before.includes(pid)) ? true : undefined,
      );
    });
    const status = await folder.user.sessionStatus(other);
    expect(status.State).toBe("FAILED");
    expect(status.StateChangeReason).toMatch(/\S/);
    const ended = await folder.user.ended(id);
    expect(ended.state).toBe("FAILED");
    expect(ended.reason).toMatch(/\S/);
    expect(await folder.user.print(session, "print(kept)")).toBe("['barn']\n");
  });
});

describe("a driver whose session the store does not know", () => {
  test("is ended by the next server", async () => {
    await using folder = new ServedFolder(temporaryHome(), { isSparkReal: true });
    await folder.start();
    const session = await folder.user.idleSession();
    await folder.user.print(session, "import subprocess\nchild = subprocess.Popen(['sleep', '600'])");
    const pids = sessionPids(folder.server);
    expect(pids.length).toBeGreaterThanOrEqual(4);
    // The database is thrown away while the driver's processes live.
    const loseDatabase = async () => {
      for (const end of ["", "-wal", "-shm"]) await rm(join(folder.home, `glaux.db${end}`), { force: true });
    };
    await restart(() => folder.server.kill(), loseDatabase, folder);
    await waitFor("its end", () => (sessionPids(folder.server).some((pid) => pids.includes(pid)) ? undefined : true));
    expect(unixSockets(folder.home)).toEqual([]);
  });
});

describe("SIGINT", () => {
  test("ends the server and every process of its sessions, one that calculates too", async () => {
    await using folder = new ServedFolder(temporaryHome(), { isSparkReal: true });
    await folder.start();
    const idle = await folder.user.idleSession();
    const busy = await folder.user.idleSession();
    const begun = join(folder.home, "begun");
    await folder.user.start(
      busy,
      `import subprocess, time\nsubprocess.Popen(['sleep', '600'], start_new_session=True)\nopen(${JSON.stringify(begun)}, 'w')\ntime.sleep(600)`,
    );
    await waitFor("its beginning", () => (existsSync(begun) ? true : undefined));
    const began = Date.now();
    const end = async () => {
      expect(await folder.server.stop("SIGINT")).toBe(0);
      expect(Date.now() - began).toBeLessThan(15_000);
      expect(sessionPids(folder.server)).toEqual([]);
      expect(unixSockets(folder.home)).toEqual([]);
    };
    await restart(end, undefined, folder);
    for (const id of [idle, busy]) {
      const status = await folder.user.sessionStatus(id);
      expect([status.State, status.StateChangeReason]).toEqual(["TERMINATED", "Session was terminated per request"]);
    }
  });
});

function killOne(pid: number) {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // The process ended together with another one that was killed.
  }
}
