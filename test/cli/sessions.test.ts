// `glaux sessions`, with a server whose engine has no Spark.
import { rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { makeFakeEngines } from "../support/fake-engine.ts";
import { glauxEnvironment, startServer, temporaryHome, type TestServer } from "../support/server.ts";
import { signedCalls, type SignedCalls } from "../support/signed-calls.ts";
import { waitFor } from "../support/wait-for.ts";
import { runGlaux } from "./glaux.ts";

const home = temporaryHome();
let server: TestServer;
let calls: SignedCalls;

beforeAll(async () => {
  makeFakeEngines(join(home, "engines"));
  server = await startServer({ home, env: { GLAUX_ENGINES: join(home, "engines") } });
  calls = signedCalls(server);
});
afterAll(async () => {
  calls[Symbol.dispose]();
  await server.stop();
  rmSync(home, { recursive: true, force: true });
});

const say = async (...args: string[]) => {
  const { code, stdout, stderr } = await runGlaux(server.env, ["sessions", ...args]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return stdout;
};
const call = async <T>(operation: string, input: object) =>
  JSON.parse((await calls.post(operation, JSON.stringify(input))).body) as T;

test("active sessions are listed, and one is shown with its folder, logs and processes", async () => {
  expect(await say()).toBe("No session is active.\n");
  const { SessionId: id } = await call<{ SessionId: string }>("StartSession", {
    WorkGroup: "primary",
    Description: "counts owls",
    EngineConfiguration: {},
  });
  await waitFor("the session", async () => {
    const { Status } = await call<{ Status: { State: string } }>("GetSessionStatus", { SessionId: id });
    return Status.State === "IDLE" ? true : undefined;
  });
  expect(await say()).toMatch(new RegExp(`^${id}  IDLE {9}\\d{4}-\\d\\d-\\d\\d [\\d:]{8}  primary  counts owls\n$`));
  expect(await say("show", id)).not.toContain("Streaming");
  const { CalculationExecutionId: streamed } = await call<{ CalculationExecutionId: string }>(
    "StartCalculationExecution",
    { SessionId: id, CodeBlock: "stream:orders" },
  );
  await waitFor("the session", async () => ((await say("show", id)).includes("State        IDLE") ? true : undefined));
  expect(await say("show", id)).toMatch(
    new RegExp(
      `^Streaming    orders  since \\d{4}-\\d\\d-\\d\\d [\\d:]{8}  of calculation ${streamed}  \\(id-of-orders\\)$`,
      "m",
    ),
  );
  const { CalculationExecutionId } = await call<{ CalculationExecutionId: string }>("StartCalculationExecution", {
    SessionId: id,
    CodeBlock: "hang",
  });
  const shown = await say("show", id);
  expect(shown).toContain("State        BUSY\n");
  expect(shown).toContain(`Calculation  ${CalculationExecutionId}  RUNNING`);
  expect(shown).toMatch(new RegExp(`^Folder {7}${home}/drivers/[0-9a-f]{12}$`, "m"));
  expect(shown).toMatch(/^ +\S+\/spark\.log$|^Logs +\S+\/spark\.log$/m);
  expect(shown).toMatch(/^Memory {7}\d+ MB$/m);
  expect(shown).toMatch(/^ +\d+ +\d+ MB {2}node \S/m);

  await call("TerminateSession", { SessionId: id });
  await waitFor("the end", async () =>
    (await say("show", id)).includes("State        TERMINATED\n") ? true : undefined,
  );
  const ended = await say("show", id);
  expect(ended).toContain("Reason       Session was terminated per request\n");
  expect(ended).not.toContain("Memory");
  expect(await say()).toBe("No session is active.\n");
});

test("a session that is not there, and a service that is not there", async () => {
  const unknown = await runGlaux(server.env, ["sessions", "show", "nobody"]);
  expect(unknown).toMatchObject({ code: 1, stdout: "" });
  expect(unknown.stderr).toMatch(/^glaux: there is no session nobody\n/);
  const elsewhere = temporaryHome();
  const alone = await runGlaux(glauxEnvironment(elsewhere), ["sessions"]);
  expect(alone).toMatchObject({ code: 1, stdout: "" });
  expect(alone.stderr).toMatch(/^glaux: no Glaux service runs on /);
  rmSync(elsewhere, { recursive: true });
});
