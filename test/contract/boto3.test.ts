// Tests with boto3. The assertions are written in Python, in boto3/. pytest runs them in the environment of
// the test tools.
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runProgram } from "../support/run-program.ts";
import { glaux, startServer, testNode, type TestServer } from "../support/server.ts";
import { testTool } from "../support/tools/tools.ts";

const root = join(import.meta.dirname, "../..");
let server: TestServer;

beforeAll(async () => {
  server = await startServer({ env: { GLAUX_MAX_SESSIONS: "2" } });
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

/** Runs tests of boto3/ by name. A failure shows pytest's output. */
async function pytest(file: string, passed: number) {
  const args = [
    "-p",
    "no:cacheprovider",
    "-q",
    "--tb=short",
    "-rA",
    "--rootdir",
    root,
    join(import.meta.dirname, "boto3", file),
  ];
  const { code, stdout, stderr } = await runProgram(testTool("pytest"), args, { env: server.env, cwd: server.home });
  expect(code, `${stdout}${stderr}`).toBe(0);
  expect(stdout).toMatch(new RegExp(`\\b${String(passed)} passed`));
  expect(stdout).not.toMatch(/skipped|xfailed/);
}

test("boto3 does what a user of Athena for Spark does", () => pytest("session_test.py", 6));

test("boto3 keeps notebooks", () => pytest("notebooks_test.py", 2));

test("boto3 manages workgroups and tags, and lists engines and executors", () => pytest("work_groups_test.py", 3));

test("boto3 joins all flights of a year", { timeout: 300_000 }, async ({ skip }) => {
  const examples = await runProgram(testNode, [glaux, "examples"], { env: server.env, cwd: server.home });
  const isOffline = /could not be (downloaded|reached)|network|Could not find a version/i.test(examples.stderr);
  skip(
    examples.code !== 0 && isOffline,
    `the flights could not be downloaded: ${examples.stderr.trim().slice(0, 200)}`,
  );
  expect(examples.code, examples.stderr).toBe(0);
  await pytest("flights_test.py", 1);
});

test("examples/boto3_client.py runs as it is", async () => {
  const script = join(root, "examples/boto3_client.py");
  const { code, stdout, stderr } = await runProgram(testTool("python"), [script], {
    env: server.env,
    cwd: server.home,
  });
  expect(code, stderr).toBe(0);
  expect(stdout).toContain("|  5|    25|");
  expect(stdout).toContain("sum: 55\n");
});
