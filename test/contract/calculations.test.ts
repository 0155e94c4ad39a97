// What a calculation prints, returns and leaves behind, seen through the SDK for JavaScript. All tests share
// one session.
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  GetCalculationExecutionCodeCommand,
  GetCalculationExecutionCommand,
  GetCalculationExecutionStatusCommand,
  StartCalculationExecutionCommand,
} from "@aws-sdk/client-athena";
import { HeadObjectCommand } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { athenaUser, bucketAndKey, type AthenaUser } from "../support/athena-user.ts";
import { refusalOf } from "../support/refusal.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { waitFor } from "../support/wait-for.ts";

let server: TestServer;
let user: AthenaUser;
let session: string;

beforeAll(async () => {
  server = await startServer();
  user = athenaUser(server);
  session = await user.idleSession({ Description: "calculations" });
});
afterAll(async () => {
  user[Symbol.dispose]();
  await server[Symbol.asyncDispose]();
});

const print = (code: string) => user.print(session, code);
const run = (code: string) => user.run(session, code);

describe("a session", () => {
  test("keeps variables, imports, functions and temporary views from calculation to calculation", async () => {
    await print(
      "import math\nanswer = 41\ndef more(n):\n    return n + 1\nspark.range(3).createOrReplaceTempView('three')",
    );
    expect(await print("print(more(answer), math.floor(2.5), spark.table('three').count())")).toBe("42 2 3\n");
  });

  test("has spark, sc and the two loggers, which write to the session's log and not to the calculation", async () => {
    const code = [
      "athena_user_logger.info('not for stdout')",
      "athena_shared_logger.warning('not for stdout')",
      "print(spark.version, sc is spark.sparkContext)",
    ].join("\n");
    const ended = await run(code);
    expect(ended.stdout).toMatch(/^3\.5\.\d+ True\n$/);
    expect(ended.stderr).toBe("");
  });

  test("is IDLE again when a calculation is first seen to have ended: the next one is accepted at once", async () => {
    for (let n = 0; n < 20; n++) {
      const id = await user.start(session, `print(${String(n)})`);
      let state: string | undefined;
      while (state !== "COMPLETED") {
        const seen = await user.athena.send(new GetCalculationExecutionCommand({ CalculationExecutionId: id }));
        state = seen.Status?.State;
        if (state === "COMPLETED") expect(await user.text(seen.Result?.StdOutS3Uri)).toBe(`${String(n)}\n`);
      }
    }
  });
});

describe("Spark", () => {
  test("shows a DataFrame", async () => {
    expect(await print("spark.createDataFrame([(1, 'barn'), (2, 'snowy')], ['id', 'owl']).show()")).toBe(
      ["+---+-----+", "| id|  owl|", "+---+-----+", "|  1| barn|", "|  2|snowy|", "+---+-----+", "", ""].join("\n"),
    );
  });

  test("answers SQL, from Python and as %%sql", async () => {
    expect(await print("print(spark.sql('select sum(id) as total from range(101)').first().total)")).toBe("5050\n");
    expect(await print("%%sql\nselect 6 * 7 as answer")).toBe(
      ["+------+", "|answer|", "+------+", "|    42|", "+------+", "", ""].join("\n"),
    );
  });

  test("runs Python and pandas functions; what they print does not reach the calculation", async () => {
    const code = [
      "from pyspark.sql.functions import udf, pandas_udf",
      "@udf('long')",
      "def squared(n):",
      "    print('from the worker')",
      "    return n * n",
      "@pandas_udf('long')",
      "def doubled(n):",
      "    return n * 2",
      "print(spark.range(4).select(squared('id'), doubled('id')).collect())",
    ].join("\n");
    expect(await print(code)).toBe(
      `[${[0, 1, 2, 3].map((n) => `Row(squared(id)=${String(n * n)}, doubled(id)=${String(n * 2)})`).join(", ")}]\n`,
    );
  });
});

describe("output", () => {
  test("of child processes and of Python stands in the order in which it was written", async () => {
    const code =
      "import os, subprocess, sys\nprint('a')\nos.system('echo b')\nsubprocess.run(['echo', 'c'])\nprint('d')";
    expect(await print(code)).toBe("a\nb\nc\nd\n");
  });

  test("to standard error has its own object", async () => {
    const ended = await run("import sys\nprint('out')\nprint('err', file=sys.stderr)");
    expect([ended.state, ended.stdout, ended.stderr]).toEqual(["COMPLETED", "out\n", "err\n"]);
  });

  test("is not made by a last expression's value: code runs as a script does", async () => {
    expect(await print("6 * 7")).toBe("");
  });

  test("keeps every character", async () => {
    const text = "naïve · Ωμέγα · 日本語 · 🦉 · e\u0301 · \u0000";
    expect(await print(`print(${JSON.stringify(text)})`)).toBe(`${text}\n`);
    // A lone surrogate has no encoding in UTF-8. Printing it must not fail the calculation.
    expect(await print("print('\\ud83e')")).toBe("\\ud83e\n");
  });

  test("of more than 10 MB is read back byte for byte", async () => {
    const lines = 220_000;
    const wanted = Array.from({ length: lines }, (_, n) => `${String(n)} the quick brown fox jumps over the dog é\n`);
    const bytes = Buffer.from(wanted.join(""));
    expect(bytes.length).toBeGreaterThan(10 * 1024 * 1024);
    const { state, execution } = await run(
      `for n in range(${String(lines)}):\n    print(n, 'the quick brown fox jumps over the dog é')`,
    );
    expect(state).toBe("COMPLETED");
    const read = await user.bytes(execution.Result?.StdOutS3Uri);
    expect(read.length).toBe(bytes.length);
    expect(sha256(read)).toBe(sha256(bytes));
  });

  test("can be read while the calculation runs", async () => {
    const go = join(server.home, "go");
    const id = await user.start(
      session,
      [
        "import os, time",
        "print('first')",
        `while not os.path.exists(${JSON.stringify(go)}):`,
        "    time.sleep(0.02)",
        "print('second')",
      ].join("\n"),
    );
    const { WorkingDirectory } = await user.athena.send(
      new GetCalculationExecutionCommand({ CalculationExecutionId: id }),
    );
    const live = await waitFor("the first line", async () => {
      const text = await user.text(`${String(WorkingDirectory)}/stdout`).catch(() => "");
      return text === "" ? undefined : text;
    });
    expect(live).toBe("first\n");
    const running = await user.athena.send(new GetCalculationExecutionStatusCommand({ CalculationExecutionId: id }));
    expect(running.Status?.State).toBe("RUNNING");
    expect(running.Status?.CompletionDateTime).toBeUndefined();
    expect(running.Statistics?.Progress).toMatch(/^\d{1,2}%$/);
    writeFileSync(go, "");
    expect(await user.ended(id)).toMatchObject({ state: "COMPLETED", stdout: "first\nsecond\n" });
  });
});

describe("a calculation that prints nothing", () => {
  test("has all its URIs, empty stdout and stderr, no results object and no StateChangeReason", async () => {
    const { execution, reason, id } = await run("pass");
    expect(execution).toMatchObject({ CalculationExecutionId: id, SessionId: session, Status: { State: "COMPLETED" } });
    expect(reason).toBeUndefined();
    expect(execution.Status).not.toHaveProperty("StateChangeReason");
    const folder = `s3://glaux-000000000000/${session}/${id}`;
    expect(execution.WorkingDirectory).toBe(folder);
    expect(execution.Result).toEqual({
      StdOutS3Uri: `${folder}/stdout`,
      StdErrorS3Uri: `${folder}/stderr`,
      ResultS3Uri: `${folder}/results`,
      ResultType: "application/vnd.aws.athena.v1+json",
    });
    for (const uri of [execution.Result?.StdOutS3Uri, execution.Result?.StdErrorS3Uri]) {
      const head = await user.s3.send(new HeadObjectCommand(bucketAndKey(uri)));
      expect(head.ContentLength).toBe(0);
    }
    expect(await refusalOf(user.bytes(execution.Result?.ResultS3Uri))).toMatchObject({
      name: "NoSuchKey",
      status: 404,
    });
  });
});

describe("a calculation", () => {
  test("has its times and its statistics", async () => {
    const before = Date.now();
    const { execution } = await run("spark.range(10).count()");
    const { SubmissionDateTime: submitted, CompletionDateTime: completed } = execution.Status!;
    expect(submitted!.getTime()).toBeGreaterThanOrEqual(before);
    expect(completed!.getTime()).toBeGreaterThanOrEqual(submitted!.getTime());
    expect(completed!.getTime()).toBeLessThanOrEqual(Date.now());
    expect(execution.Statistics!.DpuExecutionInMillis).toBeGreaterThan(0);
    expect(execution.Statistics!.Progress).toBe("100%");
  });

  test("tells its progress while it runs: from the first look on, never falling, 100% only at the end", async () => {
    const id = await user.start(
      session,
      // 16 tasks on the driver's cores
      "import time\nsc.parallelize(range(16), 16).foreach(lambda n: time.sleep(0.4))",
    );
    const seen: string[] = [];
    await waitFor("the end", async () => {
      const { Status, Statistics } = await user.athena.send(
        new GetCalculationExecutionStatusCommand({ CalculationExecutionId: id }),
      );
      expect(Object.keys(Statistics!).sort()).toEqual(["DpuExecutionInMillis", "Progress"]);
      seen.push(Statistics!.Progress!);
      if (Status!.State === "COMPLETED") return true;
      expect(Statistics!.Progress).not.toBe("100%");
      return undefined;
    });
    const percents = seen.map((progress) => Number(/^(\d{1,3})%$/.exec(progress)?.[1]));
    expect(percents).toEqual(percents.toSorted((a, b) => a - b));
    expect(percents.some((percent) => percent > 0 && percent < 100)).toBe(true);
    expect(percents.at(-1)).toBe(100);
  });

  test("has its description and its code", async () => {
    const { CalculationExecutionId: id, State } = await user.athena.send(
      new StartCalculationExecutionCommand({
        SessionId: session,
        Description: "ein Maß",
        CodeBlock: "# ✓\nprint(1)\n",
      }),
    );
    expect(["RUNNING", "COMPLETED"]).toContain(State);
    expect((await user.ended(id!)).execution.Description).toBe("ein Maß");
    const code = await user.athena.send(new GetCalculationExecutionCodeCommand({ CalculationExecutionId: id }));
    expect(code.CodeBlock).toBe("# ✓\nprint(1)\n");
  });

  test("takes its code from the deprecated member too, and from exactly one of the two", async () => {
    const start = (code: object) =>
      user.athena.send(new StartCalculationExecutionCommand({ SessionId: session, ...code }));
    const { CalculationExecutionId } = await start({ CalculationConfiguration: { CodeBlock: "print('old form')" } });
    expect((await user.ended(CalculationExecutionId!)).stdout).toBe("old form\n");
    for (const code of [{}, { CodeBlock: "1", CalculationConfiguration: { CodeBlock: "1" } }]) {
      expect(await refusalOf(start(code))).toMatchObject({ name: "InvalidRequestException", status: 400 });
    }
  });

  test("has code of up to 68,000 characters", async () => {
    const tail = "\nprint('end')";
    const code = `${"#".repeat(68_000 - tail.length)}${tail}`;
    expect(await print(code)).toBe("end\n");
    const tooLong = await refusalOf(user.start(session, `#${code}`));
    expect(tooLong).toMatchObject({ name: "InvalidRequestException", status: 400 });
    expect(tooLong.message).toBe(
      "1 validation error detected: Value at 'codeBlock' failed to satisfy constraint: Member must have length less than or equal to 68000",
    );
  });
});

describe("display()", () => {
  test("writes one JSON object a line to the results object, and its plain text to stdout", async () => {
    const { state, execution, stdout } = await run(
      [
        "from IPython.display import HTML, JSON",
        "display(HTML('<b>bold ✓</b>'))",
        "display(JSON({'owl': 'barn'}))",
        "print('printed')",
      ].join("\n"),
    );
    expect(state).toBe("COMPLETED");
    expect(stdout).toBe("<IPython.core.display.HTML object>\n<IPython.core.display.JSON object>\nprinted\n");
    const lines = (await user.text(execution.Result?.ResultS3Uri)).trimEnd().split("\n");
    expect(lines.map((line) => JSON.parse(line) as Record<string, unknown>)).toMatchObject([
      { "text/html": "<b>bold ✓</b>" },
      { "application/json": { owl: "barn" } },
    ]);
  });

  test("shows a figure as a PNG", async () => {
    const { execution } = await run("import matplotlib.pyplot as plt\nplt.plot([1, 2, 3])\nplt.show()");
    const [figure] = (await user.text(execution.Result?.ResultS3Uri)).split("\n");
    const { "image/png": png } = JSON.parse(figure!) as { "image/png": string };
    expect(Buffer.from(png, "base64").subarray(1, 4).toString()).toBe("PNG");
  });
});

const sha256 = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");
