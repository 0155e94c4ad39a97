// examples/pytest as a project uses it: copied beside the project's own tests, run by pytest, interrupted and
// killed.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { packageFolder } from "../../bin/run-node.mjs";
import { assertNothingLeft, glaux, glauxEnvironment, testNode } from "../support/server.ts";
import { testTool } from "../support/tools/tools.ts";
import { waitFor } from "../support/wait-for.ts";

const checkout = `${testNode} ${glaux}`;

let project: string;
beforeEach(() => {
  project = mkdtempSync(join(tmpdir(), "glaux-pytest-"));
  cpSync(join(packageFolder, "examples/pytest"), join(project, "tests"), { recursive: true });
  // The project's node_modules, as `npm install --save-dev glaux` leaves it.
  mkdirSync(join(project, "node_modules/.bin"), { recursive: true });
  symlinkSync(glaux, join(project, "node_modules/.bin/glaux"));
});
afterEach(async () => {
  try {
    await assertNothingLeft(project, 10_000);
  } finally {
    rmSync(project, { recursive: true });
  }
});

function write(name: string, text: string): void {
  writeFileSync(join(project, "tests", name), text);
}

/** Starts pytest. All processes that come of it can be found by the project's folder in their environment. */
function startPytest(tests: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const args = ["-m", "pytest", "-p", "no:cacheprovider", ...tests.map((name) => join("tests", name))];
  const child = spawn(testTool("python"), args, {
    cwd: project,
    env: glauxEnvironment("", { TMPDIR: project, ...env }),
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => (output += text));
  const end = once(child, "close").then(() => ({ code: child.exitCode, output }));
  return { child, end };
}

/** Waits for a file that a test of the project makes. */
async function made(name: string, child: ChildProcess): Promise<void> {
  await waitFor(`the file ${name}`, () => existsSync(join(project, name)) || child.exitCode !== null || undefined);
}

test("with `npx glaux`: its tests pass; Ctrl-C in a later one ends the calculation, the session and the service", async () => {
  write(
    "test_that_takes_long.py",
    `def test_that_takes_long(run):
    run("import time; open('${join(project, "runs")}', 'w').close(); time.sleep(600)")
`,
  );
  const { child, end } = startPytest(["test_spark.py", "test_that_takes_long.py"]);
  await made("runs", child);
  child.kill("SIGINT");
  const { code, output } = await end;
  expect(output).toContain("KeyboardInterrupt");
  expect(output).toMatch(/^=+ 3 passed in /m);
  expect(code).toBe(2);
  await assertNothingLeft(project, 0);
});

test("with a checkout: boto3 speaks to the service, whatever was set before; a pytest that is killed leaves nothing behind", async () => {
  write(
    "test_settings.py",
    `import boto3, os, time

def test_before():
    assert os.environ["AWS_ACCESS_KEY_ID"] == "of-another-account"
    boto3.client("athena", region_name="eu-north-1")

def test_with_it(glaux):
    assert "AWS_ACCESS_KEY_ID" not in os.environ
    assert [group["Name"] for group in boto3.client("athena").list_work_groups()["WorkGroups"]] == ["primary"]
    boto3.client("s3").head_bucket(Bucket="tests")
    open("${join(project, "hangs")}", "w").close()
    time.sleep(600)
`,
  );
  const { child, end } = startPytest(["test_settings.py"], {
    GLAUX_COMMAND: checkout,
    AWS_ACCESS_KEY_ID: "of-another-account",
    AWS_SECRET_ACCESS_KEY: "secret",
  });
  await made("hangs", child);
  expect(existsSync(join(project, "hangs")), child.exitCode === null ? "" : (await end).output).toBe(true);
  child.kill("SIGKILL");
  await end;
});

test.each<[string, NodeJS.ProcessEnv, RegExp]>([
  [
    "what the service says",
    { GLAUX_COMMAND: checkout, GLAUX_REGION: "nowhere" },
    /^Glaux did not start: .*glaux\.mjs serve ended with exit code 1\. It said:\nglaux: GLAUX_REGION=nowhere: must look like us-east-1$/m,
  ],
  [
    "that there is no such command",
    { GLAUX_COMMAND: "/nowhere/glaux" },
    /^Glaux did not start: .*No such file or directory: '\/nowhere\/glaux'\. GLAUX_COMMAND says how `glaux` is called\.$/m,
  ],
])("a service that does not start: the tests' error is %s, without a trace", async (_, env, message) => {
  const { code, output } = await startPytest(["test_spark.py"], env).end;
  expect(output).toMatch(message);
  expect(output).not.toContain("Traceback");
  expect(output).not.toContain("conftest.py:");
  expect(output).toMatch(/^=+ 3 errors in /m);
  expect(code).toBe(1);
});
