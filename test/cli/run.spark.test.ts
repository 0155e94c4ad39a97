// `glaux run`, against a service and without one.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { packageFolder } from "../../bin/run-node.mjs";
import {
  assertNothingLeft,
  glaux,
  glauxEnvironment,
  startServer,
  temporaryHome,
  testNode,
  type TestServer,
} from "../support/server.ts";
import { runGlaux, startGlaux } from "./glaux.ts";

describe("in a running service", () => {
  let server: TestServer;
  let session: string;
  const run = (...args: string[]) => runGlaux(server.env, ["run", "--session", session, ...args]);

  beforeAll(async () => {
    server = await startServer();
    const { code, stdout, stderr } = await runGlaux(server.env, [
      "run",
      "--keep",
      "--conf",
      "spark.sql.shuffle.partitions=3",
      "-c",
      "kept = 7",
    ]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: "" });
    session = /^Session (\S+) is kept\. Use it with: .*npx glaux run --session \1 FILE\n$/.exec(stderr)?.[1] ?? "";
    expect(session).not.toBe("");
  });
  afterAll(() => server[Symbol.asyncDispose]());

  test("a kept session has its variables and its conf", async () => {
    const code = 'print(kept, spark.conf.get("spark.sql.shuffle.partitions"))';
    expect(await run("-c", code)).toEqual({ code: 0, stdout: "7 3\n", stderr: "" });
  });

  test("a script on standard input, with every character there is", async () => {
    const script = 'print("é 😀\\tend", end="")';
    expect(await runGlaux(server.env, ["run", "--session", session, "-"], script)).toEqual({
      code: 0,
      stdout: "é 😀\tend",
      stderr: "",
    });
  });

  test("an error is shown as Athena shows it, after what was printed before", async () => {
    expect(await run("-c", 'print("before")\nfoobar')).toEqual({
      code: 1,
      stdout: "before\n",
      stderr: `File "<stdin>", line 2, in <module>\nNameError: name 'foobar' is not defined\n`,
    });
  });

  test("a Python process that dies is told of, and costs no more than variables", async () => {
    const died = await run("-c", "import os; os._exit(3)");
    expect(died.code).toBe(1);
    expect(died.stderr.match(/Python variables were lost/g)).toHaveLength(1);
    expect((await run("-c", "print(spark.range(3).count())")).stdout).toBe("3\n");
  });

  test("output arrives while the code runs", async () => {
    const running = startGlaux(server.env, [
      "run",
      "--session",
      session,
      "-c",
      "print('first', flush=True)\nwhile True: pass",
    ]);
    await running.printed("first\n");
    running.kill("SIGINT");
    expect((await running.end).code).toBe(130);
  });

  test("Ctrl-C stops the calculation at once, and the session can be used again", async () => {
    const running = startGlaux(server.env, [
      "run",
      "--session",
      session,
      "-c",
      "mine = 9\nprint('sleeping', flush=True)\nimport time; time.sleep(600)",
    ]);
    await running.printed("sleeping\n");
    running.kill("SIGINT");
    const { code, stderr } = await running.end;
    expect(code).toBe(130);
    expect(stderr).toContain("Stopping the calculation");
    expect((await run("-c", "print(mine)")).stdout).toBe("9\n");
  });

  test("a long output is whole, byte for byte", async () => {
    const { code, stdout } = await run("-c", 'for i in range(400_000): print(f"{i:07d} " + "é" * 20)');
    const expected = createHash("sha256");
    for (let i = 0; i < 400_000; i++) expected.update(`${String(i).padStart(7, "0")} ${"é".repeat(20)}\n`);
    expect(code).toBe(0);
    expect(createHash("sha256").update(stdout).digest("hex")).toBe(expected.digest("hex"));
  });

  test("a reader that has enough ends the run quietly", async () => {
    const child = spawn(
      testNode,
      [glaux, "run", "--session", session, "-c", 'for i in range(10**9): print("y" * 100)'],
      { env: server.env },
    );
    let stderr = "";
    child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
    await once(child.stdout, "data");
    child.stdout.destroy();
    expect([(await once(child, "close"))[0], stderr]).toEqual([141, ""]);
    expect((await run("-c", "print('again')")).stdout).toBe("again\n");
  });

  test("a session that is not there, and one that is busy", async () => {
    const unknown = "00000000-0000-4000-8000-000000000000";
    const missing = await runGlaux(server.env, ["run", "--session", unknown, "-c", "1"]);
    expect(missing).toEqual({ code: 1, stdout: "", stderr: `glaux: Session ${unknown} was not found\n` });
    const running = startGlaux(server.env, [
      "run",
      "--session",
      session,
      "-c",
      "print('in', flush=True)\nimport time; time.sleep(600)",
    ]);
    await running.printed("in\n");
    const second = await run("-c", "1");
    expect(second.code).toBe(1);
    expect(second.stderr).toContain(`session ${session} is busy with another calculation`);
    running.kill("SIGINT");
    await running.end;
  });

  test("the user's AWS settings do not matter", async () => {
    const env = {
      ...server.env,
      AWS_PROFILE: "nowhere",
      AWS_ACCESS_KEY_ID: "AKIDEXAMPLE",
      AWS_SECRET_ACCESS_KEY: "x",
      AWS_REGION: "eu-west-1",
      AWS_ENDPOINT_URL: "http://127.0.0.1:1",
      AWS_USE_FIPS_ENDPOINT: "true",
    };
    expect(await runGlaux(env, ["run", "--session", session, "-c", "print(1)"])).toEqual({
      code: 0,
      stdout: "1\n",
      stderr: "",
    });
  });

  test("a refused Spark property is told, and no session is left", async () => {
    const { code, stderr } = await runGlaux(server.env, ["run", "--conf", "spark.master=local[9]", "-c", "1"]);
    expect(code).toBe(1);
    expect(stderr).toContain("spark.master");
  });
});

test("without a service it starts one for itself, and leaves nothing behind", async () => {
  const home = temporaryHome();
  try {
    const { code, stdout, stderr } = await runGlaux(glauxEnvironment(home), [
      "run",
      join(packageFolder, "examples/word_count.py"),
    ]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toContain("17 words, 8 different ones; the most frequent is 'the'.\n");
    await assertNothingLeft(home);
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
});
