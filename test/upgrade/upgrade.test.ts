// A server starts on the data folder of each earlier version, and answers as if it had always been there.
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { calculations, notebook, sessions, startOfOver } from "../../scripts/upgrade/rows.ts";
import { readConfig } from "../../src/config/config.ts";
import { startService, type Service } from "../../src/service.ts";
import { temporaryHome } from "../support/server.ts";
import { keyOf, signedCalls, type SignedCalls } from "../support/signed-calls.ts";
import { waitFor } from "../support/wait-for.ts";
import { earlierVersions, key, makeEarlierFolder } from "./earlier-folder.ts";

let home: string;
let service: Service | undefined;
let calls: SignedCalls;
let endDriver = () => false;

beforeEach(() => {
  home = temporaryHome();
});
afterEach(async () => {
  calls[Symbol.dispose]();
  await service?.stop({ endSessions: true });
  endDriver();
  rmSync(home, { recursive: true, force: true });
});

async function startOn(version: string): Promise<void> {
  const driver = makeEarlierFolder(home, version);
  endDriver = () => driver.kill("SIGKILL");
  const env = {
    GLAUX_HOME: home,
    GLAUX_LISTEN: "127.0.0.1:0",
    GLAUX_ENGINES: join(home, "no-engines"),
    GLAUX_RETENTION_DAYS: "36500",
  };
  service = await startService(readConfig(env), {});
  calls = signedCalls({ endpoint: service.endpoint, home });
}

async function call<T>(operation: string, input: object): Promise<T> {
  const { status, body } = await calls.post(operation, JSON.stringify(input));
  expect([operation, status, body]).toEqual([operation, 200, body]);
  return JSON.parse(body) as T;
}

interface State {
  State: string;
  StateChangeReason?: string;
}
const session = async (SessionId: string) => call<{ Status: State; Description: string }>("GetSession", { SessionId });
const calculation = (CalculationExecutionId: string) =>
  call<{ Status: State; Statistics: object; Result?: object }>("GetCalculationExecution", { CalculationExecutionId });

/** Waits until a session is in a state. Resolves with the reason of the state's change. */
async function settled(id: string, state: string): Promise<string> {
  return waitFor(`session ${id} ${state}`, async () => {
    const { Status } = await session(id);
    return Status.State === state ? (Status.StateChangeReason ?? "") : undefined;
  });
}

const has = (version: string, migration: string) => version >= migration;

test.each(earlierVersions)("on what %s left", { timeout: 60_000 }, async (version) => {
  await startOn(version);

  // Clients still hold their keys, so the keys must stay valid for ever.
  expect(keyOf(home)).toEqual(key);
  expect(JSON.parse(readFileSync(join(home, "credentials"), "utf8"))).toMatchObject({ keys: [key] });

  // Sessions and calculations that had ended are unchanged.
  expect(await session(sessions.over)).toMatchObject({
    Description: "a session that was TERMINATED",
    WorkGroup: "analytics",
    EngineConfiguration: { MaxConcurrentDpus: 20 },
    Status: { State: "TERMINATED", StateChangeReason: "Session was terminated per request" },
    Statistics: { DpuExecutionInMillis: 3_000 },
  });
  expect(await calculation(calculations.completed)).toMatchObject({ Status: { State: "COMPLETED" } });
  const failed = { State: "FAILED", StateChangeReason: "ValueError: no" };
  expect(await calculation(calculations.failed)).toMatchObject({ Status: failed });
  expect(await calculation(calculations.canceled)).toMatchObject({ Status: { State: "CANCELED" } });
  const code = await call("GetCalculationExecutionCode", { CalculationExecutionId: calculations.failed });
  expect(code).toEqual({ CodeBlock: 'print("FAILED")' });

  // The session whose driver is alive goes on, and can be used.
  expect((await session(sessions.idle)).Status.State).toBe("IDLE");
  const started = await call<{ CalculationExecutionId: string }>("StartCalculationExecution", {
    SessionId: sessions.idle,
    CodeBlock: "quick",
  });
  await waitFor("the calculation's end", async () =>
    (await calculation(started.CalculationExecutionId)).Status.State === "COMPLETED" ? true : undefined,
  );

  // The driver that died while no server ran has delivered its calculation's results, once. Its session says
  // that the driver ended.
  expect(await calculation(calculations.running)).toMatchObject({
    Status: { State: "COMPLETED" },
    Statistics: { DpuExecutionInMillis: 77 },
  });
  expect(await settled(sessions.busy, "FAILED")).toContain("ended unexpectedly");

  // Sessions that were ending or starting reach their final state.
  await settled(sessions.terminating, "TERMINATED");
  expect(await settled(sessions.creating, "FAILED")).toContain("not installed");

  // The workgroups are still there. A StartSession that is repeated gets the same session, because its token
  // still holds.
  const { WorkGroups } = await call<{ WorkGroups: { Name: string }[] }>("ListWorkGroups", {});
  expect(WorkGroups.map(({ Name }) => Name)).toEqual(["analytics", "primary"]);
  expect(await call("StartSession", startOfOver)).toMatchObject({ SessionId: sessions.over });
  const listed = await call<{ Sessions: { SessionId: string }[] }>("ListSessions", {
    WorkGroup: "analytics",
    StateFilter: "TERMINATED",
  });
  expect(listed.Sessions.map(({ SessionId }) => SessionId).sort()).toEqual([sessions.over, sessions.terminating]);

  if (has(version, "0002-notebooks")) {
    const exported = await call<{ NotebookMetadata: object; Payload: string }>("ExportNotebook", {
      NotebookId: notebook,
    });
    expect(exported).toMatchObject({ NotebookMetadata: { Name: "kept", WorkGroup: "analytics" } });
    expect(JSON.parse(exported.Payload)).toMatchObject({ nbformat: 4, cells: [] });
  }
  if (has(version, "0003-tags")) {
    const arn = "arn:aws:athena:us-east-1:000000000000:workgroup/analytics";
    const tags = (ResourceARN: string) => call("ListTagsForResource", { ResourceARN });
    expect(await tags(arn)).toEqual({ Tags: [{ Key: "team", Value: "owls" }] });
    expect(await tags(`${arn}/session/${sessions.over}`)).toEqual({ Tags: [{ Key: "cost", Value: "centre" }] });
  }
});
