// StopCalculationExecution ends the work wherever it runs, and leaves the session usable. All tests share one
// session. Meanwhile another session is idle with a streaming query. The query goes on until the idle timeout
// ends the session.
import { GetCalculationExecutionCommand, StopCalculationExecutionCommand } from "@aws-sdk/client-athena";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { athenaUser, type AthenaUser } from "../support/athena-user.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { commandOf, sessionPids } from "../support/session-traces.ts";
import { waitFor } from "../support/wait-for.ts";

let server: TestServer;
let user: AthenaUser;
let session: string;
let idler: string;
let pidsOfIdler: number[];

beforeAll(async () => {
  server = await startServer();
  user = athenaUser(server);
  idler = await user.idleSession({ SessionIdleTimeoutInMinutes: 1 });
  await user.print(idler, "query = spark.readStream.format('rate').load().writeStream.format('noop').start()");
  pidsOfIdler = sessionPids(server);
  session = await user.idleSession();
});
afterAll(async () => {
  user[Symbol.dispose]();
  await server[Symbol.asyncDispose]();
});

interface Case {
  readonly name: string;
  /** Prints `begun` when it has reached the point where it is to be stopped. */
  readonly code: string;
  readonly losesVariables?: boolean;
}

const cases: Case[] = [
  {
    name: "a running Spark job",
    code: "print('begun')\nspark.range(10 ** 13).selectExpr('sum(id % 7 * id % 11)').collect()",
  },
  { name: "time.sleep(600)", code: "import time\nprint('begun')\ntime.sleep(600)" },
  { name: "a busy loop", code: "print('begun')\nwhile True: pass" },
  {
    name: "a Python function that loops on the executors",
    code: [
      "from pyspark.sql.functions import udf",
      "@udf('long')",
      "def forever(n):",
      "    while True: pass",
      "print('begun')",
      "spark.range(8).select(forever('id')).collect()",
    ].join("\n"),
  },
  {
    name: "code that swallows KeyboardInterrupt",
    code: [
      "import time",
      "print('begun')",
      "while True:",
      "    try:",
      "        time.sleep(1)",
      "    except BaseException:",
      "        pass",
    ].join("\n"),
  },
  { name: "a child process", code: "import subprocess\nprint('begun')\nsubprocess.run(['sleep', '600'])" },
  {
    name: "a job of a thread of its own",
    code: [
      "import threading",
      "job = threading.Thread(target=lambda: spark.range(10 ** 13).selectExpr('sum(id % 7)').collect())",
      "job.start()",
      "print('begun')",
      "job.join()",
    ].join("\n"),
  },
  {
    name: "code that cannot be interrupted, by replacing its Python process",
    code: "print('begun')\nsum(range(10 ** 13))", // never leaves C code
    losesVariables: true,
  },
];

describe("StopCalculationExecution", () => {
  test.each(cases)("ends $name", async ({ code, losesVariables = false }) => {
    await user.print(session, "kept = 'kept'\nspark.range(7).createOrReplaceTempView('seven')");
    const id = await user.start(session, code);
    const { WorkingDirectory } = await user.athena.send(
      new GetCalculationExecutionCommand({ CalculationExecutionId: id }),
    );
    await waitFor("the code's beginning", async () => {
      const text = await user.text(`${String(WorkingDirectory)}/stdout`).catch(() => "");
      return text.includes("begun") ? true : undefined;
    });
    if (code.includes("'sleep'")) expect(sessionPids(server).map(commandOf)).toContain("sleep 600");

    const stoppedAt = Date.now();
    const stopped = await user.athena.send(new StopCalculationExecutionCommand({ CalculationExecutionId: id }));
    expect(["CANCELING", "CANCELED"]).toContain(stopped.State);
    const { state, reason, execution, stdout } = await user.ended(id);
    expect(Date.now() - stoppedAt).toBeLessThan(losesVariables ? 15_000 : 8_000);
    expect(state).toBe("CANCELED");
    expect(execution).not.toHaveProperty("Result");
    expect(execution.Status!.CompletionDateTime).toBeInstanceOf(Date);
    expect(reason).toMatch(/\S/);
    if (losesVariables) expect(reason).toMatch(/variables/i);
    expect(stdout).toBe("begun\n");

    const after = await user.run(
      session,
      [
        "tasks = sc._jsc.sc().statusStore().executorList(True).head().activeTasks()",
        "print(sc.statusTracker().getActiveJobsIds(), tasks, spark.table('seven').count())",
        losesVariables ? "print('kept' in globals())" : "print(kept)",
      ].join("\n"),
    );
    expect([after.state, after.stdout, after.stderr]).toEqual([
      "COMPLETED",
      `[] 0 7\n${losesVariables ? "False" : "kept"}\n`,
      "",
    ]);
    expect(sessionPids(server).map(commandOf)).not.toContain("sleep 600");
  });

  test("is without effect on a calculation that has ended", async () => {
    const { id } = await user.run(session, "print(1)");
    const stopped = await user.athena.send(new StopCalculationExecutionCommand({ CalculationExecutionId: id }));
    expect(stopped.State).toBe("COMPLETED");
    expect(await user.ended(id)).toMatchObject({ state: "COMPLETED", stdout: "1\n" });
  });

  test("right after the start catches a calculation that has hardly begun", async () => {
    const id = await user.start(session, "import time\ntime.sleep(600)");
    await user.athena.send(new StopCalculationExecutionCommand({ CalculationExecutionId: id }));
    expect((await user.ended(id)).state).toBe("CANCELED");
    expect(await user.print(session, "print('usable')")).toBe("usable\n");
  });
});

describe("a session that nobody uses", () => {
  test("is ended after its idle timeout, with the reason that clients know; nothing of it is left", async () => {
    const idleSince = (await user.sessionStatus(idler)).IdleSinceDateTime;
    const ended = await waitFor(
      "the idle timeout",
      async () => {
        const status = await user.sessionStatus(idler);
        return status.State === "TERMINATED" ? status : undefined;
      },
      { withinMs: 90_000, everyMs: 200 },
    );
    expect(ended.StateChangeReason).toBe("Session was terminated per request");
    const idleMs = ended.EndDateTime!.getTime() - idleSince!.getTime();
    expect(idleMs).toBeGreaterThanOrEqual(60_000);
    expect(idleMs).toBeLessThan(70_000);
    expect(sessionPids(server).filter((pid) => pidsOfIdler.includes(pid))).toEqual([]);
    expect(await user.print(session, "print('the used one goes on')")).toBe("the used one goes on\n");
  });
});
