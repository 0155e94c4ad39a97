// The AWS CLI in a user's shell: after `eval "$(glaux env)"` every command is the one for AWS.
import { tmpdir } from "node:os";
import { dirname } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runProgram } from "../support/run-program.ts";
import { glaux, glauxEnvironment, startServer, testNode, type TestServer } from "../support/server.ts";
import { step } from "../support/step.ts";
import { testTool } from "../support/tools/tools.ts";

let server: TestServer;

beforeAll(async () => {
  server = await startServer();
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

/** Runs lines of bash; fails with what they said, unless they end with 0. */
async function shell(...lines: string[]): Promise<string> {
  const { code, stdout, stderr } = await runShell(lines);
  if (code !== 0) throw new Error(`exit code ${String(code)}\n${stderr}${stdout}`);
  return stdout;
}

function runShell(lines: string[]) {
  const script = ["set -euo pipefail", `eval "$('${testNode}' '${glaux}' env)"`, ...lines].join("\n");
  // A key of the user's own, which would win over the profile, must not hinder.
  const env = glauxEnvironment(server.home, {
    PATH: `${dirname(testTool("aws"))}:${process.env["PATH"] ?? ""}`,
    AWS_ACCESS_KEY_ID: "AKIAUSERSOWN",
    AWS_SECRET_ACCESS_KEY: "users-own",
    AWS_PAGER: "",
  });
  return runProgram("bash", ["-c", script], { env, cwd: tmpdir() });
}

test("a session from its start to its end", async () => {
  const session = await step("starts a session and sees it IDLE", async () => {
    const text = await shell(
      `id=$(aws athena start-session --work-group primary --engine-configuration MaxConcurrentDpus=20 --description cli \\
       --query SessionId --output text)`,
      "state=CREATING",
      'while [ "$state" = CREATING ]; do',
      '  state=$(aws athena get-session-status --session-id "$id" --query Status.State --output text)',
      "done",
      'echo "$id $state"',
    );
    const [id, state] = text.trim().split(" ");
    expect(state).toBe("IDLE");
    return id!;
  });

  const calculation = await step("runs a calculation, and copies what it printed to the terminal", async () => {
    const text = await shell(
      `id=$(aws athena start-calculation-execution --session-id ${session} \\
       --code-block "print('Schnee-Eule 🦉', spark.range(1, 101).groupBy().sum().first()[0])" \\
       --query CalculationExecutionId --output text)`,
      "state=RUNNING",
      'while [ "$state" = RUNNING ]; do',
      '  state=$(aws athena get-calculation-execution-status --calculation-execution-id "$id" \\',
      "    --query Status.State --output text)",
      "done",
      'echo "$id $state"',
      'uri=$(aws athena get-calculation-execution --calculation-execution-id "$id" --query Result.StdOutS3Uri --output text)',
      'aws s3 cp "$uri" -',
    );
    const [first, ...printed] = text.split("\n");
    const [id, state] = first!.split(" ");
    expect(state).toBe("COMPLETED");
    expect(printed.join("\n")).toBe("Schnee-Eule 🦉 5050\n");
    return id!;
  });

  await step("shows the whole calculation as JSON", async () => {
    const shown = JSON.parse(
      await shell(`aws athena get-calculation-execution --calculation-execution-id ${calculation} --output json`),
    ) as Record<string, unknown>;
    const folder = `s3://glaux-000000000000/${session}/${calculation}`;
    expect(shown).toEqual({
      CalculationExecutionId: calculation,
      SessionId: session,
      WorkingDirectory: folder,
      Status: {
        State: "COMPLETED",
        // Version 1 of the CLI shows the wire's own seconds.
        SubmissionDateTime: expect.closeTo(Date.now() / 1000, -3) as number,
        CompletionDateTime: expect.closeTo(Date.now() / 1000, -3) as number,
      },
      Statistics: { DpuExecutionInMillis: expect.any(Number) as number, Progress: "100%" },
      Result: {
        StdOutS3Uri: `${folder}/stdout`,
        StdErrorS3Uri: `${folder}/stderr`,
        ResultS3Uri: `${folder}/results`,
        ResultType: "application/vnd.aws.athena.v1+json",
      },
    });
  });

  await step("lists buckets, folders and objects, and copies a folder", async () => {
    const text = await shell(
      "aws s3 ls",
      `aws s3 ls s3://glaux-000000000000/${session}/`,
      `aws s3 ls --recursive s3://glaux-000000000000/${session}/`,
      'folder=$(mktemp -d); trap "rm -r $folder" EXIT',
      `aws s3 cp --quiet --recursive s3://glaux-000000000000/${session}/ "$folder"`,
      `cat "$folder/${calculation}/stdout"`,
    );
    const lines = text.trimEnd().split("\n");
    expect(lines[0]).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d glaux-000000000000$/);
    expect(lines[1]).toBe(`                           PRE ${calculation}/`);
    // "Schnee-Eule 🦉 5050\n" has 22 bytes.
    expect(lines[2]).toMatch(new RegExp(`^\\S+ \\S+ +0 ${session}/${calculation}/stderr$`));
    expect(lines[3]).toMatch(new RegExp(`^\\S+ \\S+ +22 ${session}/${calculation}/stdout$`));
    expect(lines[4]).toBe("Schnee-Eule 🦉 5050");
    expect(lines).toHaveLength(5);
  });

  await step("is told in its own words what is wrong", async () => {
    const { code, stderr } = await runShell([
      "aws athena get-session-status --session-id 00000000-0000-4000-8000-000000000000",
    ]);
    expect(code).toBe(255);
    expect(stderr.trim()).toMatch(
      /An error occurred \(InvalidRequestException\) when calling the GetSessionStatus operation: Session 00000000-0000-4000-8000-000000000000 was not found/,
    );
    const missing = await runShell([`aws s3 cp s3://glaux-000000000000/${session}/${calculation}/results -`]);
    expect(missing.code).toBe(1);
    expect(missing.stderr).toContain("(404)");
  });

  await step("ends the session", async () => {
    const text = await shell(
      `aws athena terminate-session --session-id ${session} --query State --output text`,
      "state=TERMINATING",
      'while [ "$state" = TERMINATING ]; do',
      `  state=$(aws athena get-session-status --session-id ${session} --query Status.State --output text)`,
      "done",
      'echo "$state"',
      "aws athena list-sessions --work-group primary --query 'length(Sessions)'",
    );
    expect(text).toBe("TERMINATING\nTERMINATED\n0\n");
  });
});
