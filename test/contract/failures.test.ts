// What a user is told when code fails, and what survives when user code kills the session's processes. The
// tests of the first part share one session.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { GetCalculationExecutionCommand } from "@aws-sdk/client-athena";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { athenaUser, type AthenaUser } from "../support/athena-user.ts";
import { refusalOf } from "../support/refusal.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { commandOf, sessionPids } from "../support/session-traces.ts";
import { waitFor } from "../support/wait-for.ts";

let server: TestServer;
let user: AthenaUser;
let session: string;

beforeAll(async () => {
  server = await startServer();
  user = athenaUser(server);
  session = await user.idleSession();
});
afterAll(async () => {
  user[Symbol.dispose]();
  await server[Symbol.asyncDispose]();
});

const print = (code: string) => user.print(session, code);
const run = (code: string) => user.run(session, code);

describe("code that fails", () => {
  test("is told in Athena's words, with what it printed before", async () => {
    const { state, reason, stdout, stderr, execution } = await run("print('before')\nfoobar\nprint('never')\n");
    expect(state).toBe("FAILED");
    expect(stdout).toBe("before\n");
    expect(stderr.trim()).toBe("File \"<stdin>\", line 2, in <module>\nNameError: name 'foobar' is not defined");
    expect(reason).toBe("NameError: name 'foobar' is not defined");
    expect(Object.keys(execution.Result!).sort()).toEqual([
      "ResultS3Uri",
      "ResultType",
      "StdErrorS3Uri",
      "StdOutS3Uri",
    ]);
    expect(execution.Statistics).toEqual({
      Progress: expect.stringMatching(/^\d{1,3}%$/) as string,
      DpuExecutionInMillis: expect.any(Number) as number,
    });
    expect(execution.Statistics!.DpuExecutionInMillis).toBeGreaterThan(0);
  });

  test("has its lines counted from the first character of the block", async () => {
    const { stderr } = await run("\nfoobar\n");
    expect(stderr.trim()).toBe("File \"<stdin>\", line 2, in <module>\nNameError: name 'foobar' is not defined");
  });

  test("names every frame of its own, and no path of this machine", async () => {
    const { stderr, reason } = await run("def owl():\n    spark.table('nowhere')\nowl()");
    expect(stderr).toMatch(/^File "<stdin>", line 3, in <module>\nFile "<stdin>", line 2, in owl\n/);
    expect(stderr).toContain("[TABLE_OR_VIEW_NOT_FOUND]");
    expect(stderr).not.toContain(server.home);
    expect(stderr).not.toMatch(/site-packages|glaux_driver/);
    expect(reason).toMatch(/^AnalysisException: \[TABLE_OR_VIEW_NOT_FOUND\] [^\n]+$/);
  });

  test("with a syntax error runs no line of it", async () => {
    const { state, reason, stdout, stderr } = await run("print('never')\nif True print('x')\n");
    expect([state, stdout]).toEqual(["FAILED", ""]);
    expect(stderr.trim()).toMatch(
      /^File "<stdin>", line 2\n {4}if True print\('x'\)\n {4} {8}\^+\nSyntaxError: (expected ':'|invalid syntax)$/,
    );
    expect(reason).toMatch(/^SyntaxError: (expected ':'|invalid syntax)$/);
  });

  test("in a Python function on the executors says where", async () => {
    const { reason, stderr } = await run(
      "from pyspark.sql.functions import udf\n@udf('long')\ndef bad(n):\n    return 1 // n\nspark.range(3).select(bad('id')).collect()",
    );
    expect(stderr).toContain('File "<stdin>", line 4, in bad');
    expect(stderr).toContain("ZeroDivisionError");
    expect(reason).toMatch(/^PythonException: /);
  });

  test("by sys.exit fails with its code, and completes with 0", async () => {
    expect(await run("import sys\nsys.exit(3)")).toMatchObject({ state: "FAILED", reason: "SystemExit: 3" });
    expect(await run("import sys\nprint('x')\nsys.exit(0)")).toMatchObject({ state: "COMPLETED", stdout: "x\n" });
  });

  test("with a very long message has a reason of at most 1024 characters, and all of it in stderr", async () => {
    const { reason, stderr } = await run("raise ValueError('x' * 5000)");
    expect(reason).toMatch(/^ValueError: x+/);
    expect(reason!.length).toBeLessThanOrEqual(1024);
    expect(stderr).toContain("x".repeat(5000));
  });

  test("leaves the session usable, with its variables", async () => {
    await print("kept = 1");
    await run("kept = 2\nraise KeyError('k')");
    expect(await print("print(kept)")).toBe("2\n");
  });
});

describe("code that takes the Python process down", () => {
  test.each([
    ["os._exit(3)", "import os\nprint('last words')\nos._exit(3)"],
    ["kill -9", "import os, signal\nprint('last words')\nos.kill(os.getpid(), signal.SIGKILL)"],
  ])("by %s fails with a clear reason; tables and views are kept, variables are not", async (_, code) => {
    await print("lost = 1\nspark.range(7).createOrReplaceTempView('seven')");
    const { state, reason, stdout, stderr } = await run(code);
    expect([state, stdout]).toEqual(["FAILED", "last words\n"]);
    expect(reason).toMatch(/Python process/i);
    expect(reason).toMatch(/variables/i);
    expect(stderr).toMatch(/Python process/i);
    expect(await print("print(spark.table('seven').count())")).toBe("7\n");
    expect(await run("print(lost)")).toMatchObject({ reason: "NameError: name 'lost' is not defined" });
  });

  test("between two calculations is noticed: the next one runs", async () => {
    await print(
      "import os, signal, threading\nthreading.Timer(0.2, lambda: os.kill(os.getpid(), signal.SIGKILL)).start()\npid = os.getpid()\nprint(pid)",
    );
    const after = await waitFor("a new Python process", async () => {
      const ended = await user.run(session, "print('pid' in globals())").catch(() => undefined);
      return ended?.stdout === "False\n" ? ended.state : undefined;
    });
    expect(after).toBe("COMPLETED");
  });
});

describe("spark.stop()", () => {
  test("does not end the session: the next calculation has a fresh context", async () => {
    expect(await print("kept = 5\nspark.stop()\nprint('stopped')")).toBe("stopped\n");
    expect(await print("print(spark.range(kept).count())")).toBe("5\n");
  });
});

describe("a session that loses its processes", () => {
  test("its JVM: calculation and session fail and say why; nothing is left", async () => {
    const before = sessionPids(server);
    const other = await user.idleSession();
    const id = await user.start(other, "print('x')\nspark._jvm.java.lang.Runtime.getRuntime().halt(1)");
    const { state, reason } = await user.ended(id);
    expect(state).toBe("FAILED");
    expect(reason).toMatch(/JVM|Spark/);
    const status = await user.sessionStatus(other);
    expect(status.State).toBe("FAILED");
    expect(status.StateChangeReason).toMatch(/JVM|Spark/);
    expect(status.EndDateTime).toBeInstanceOf(Date);
    expect((await refusalOf(user.start(other, "1"))).message).toBe(
      "Session is in the FAILED state; needs to be IDLE to accept Calculations.",
    );
    await nothingBut(before);
  });

  test("its supervisor: the same, and not even what hides from it is left", async () => {
    const before = sessionPids(server);
    const drivers = driversOf(server);
    const other = await user.idleSession();
    const [driver = ""] = driversOf(server).filter((name) => !drivers.includes(name));
    const hidden = `sleep 7301.${String(process.pid)}`;
    await user.print(
      other,
      `import subprocess\nsubprocess.Popen(['setsid'] + ${JSON.stringify(hidden.split(" "))}, env={})`,
    );
    await waitFor("the hidden process", () => (isRunning(hidden) ? true : undefined));
    const id = await user.start(other, "import time\ntime.sleep(600)");
    const [started = ""] = readFileSync(join(server.home, "drivers", driver, "journal"), "utf8").split("\n");
    process.kill((JSON.parse(started) as { pid: number }).pid, "SIGKILL");
    const { state, reason } = await user.ended(id);
    expect(state).toBe("FAILED");
    expect(reason).toMatch(/supervisor.*SIGKILL/s);
    expect((await user.sessionStatus(other)).State).toBe("FAILED");
    await nothingBut(before);
    expect(isRunning(hidden)).toBe(false);
    expect(await print("print('the other session lives')")).toBe("the other session lives\n");
  });

  test("all of them at once: the same", async () => {
    const before = sessionPids(server);
    const other = await user.idleSession();
    const id = await user.start(other, "import time\ntime.sleep(600)");
    const { WorkingDirectory } = await user.athena.send(
      new GetCalculationExecutionCommand({ CalculationExecutionId: id }),
    );
    expect(WorkingDirectory).toContain(other);
    for (const pid of sessionPids(server)) if (!before.includes(pid)) killOne(pid);
    const { state, reason } = await user.ended(id);
    expect(state).toBe("FAILED");
    expect(reason).toMatch(/\S/);
    expect((await user.sessionStatus(other)).State).toBe("FAILED");
    await nothingBut(before);
    expect(await print("print('the other session lives')")).toBe("the other session lives\n");
  });
});

function killOne(pid: number) {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // this process died together with one that was killed before
  }
}

const driversOf = ({ home }: TestServer) => readdirSync(join(home, "drivers"));

const isRunning = (command: string) =>
  readdirSync("/proc").some((name) => /^\d+$/.test(name) && commandOf(Number(name)) === command);

async function nothingBut(before: number[]) {
  await waitFor("the end of the session's processes", () =>
    sessionPids(server).every((pid) => before.includes(pid)) ? true : undefined,
  );
}
