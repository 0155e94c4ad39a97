// Quotas as clients meet them: the exact texts of refusals, which some clients match, and when the place of a
// session is free again.
import * as sdk from "@aws-sdk/client-athena";
import { afterAll, beforeAll, expect, test } from "vitest";
import { athenaUser, type AthenaUser } from "../support/athena-user.ts";
import { refusalOf } from "../support/refusal.ts";
import { startServer, type TestServer } from "../support/server.ts";

let server: TestServer;
let user: AthenaUser;

beforeAll(async () => {
  server = await startServer({
    env: {
      GLAUX_MAX_SESSIONS: "4",
      GLAUX_MAX_SESSIONS_PER_WORK_GROUP: "2",
      GLAUX_MAX_DPUS_PER_SESSION: "30",
      GLAUX_MAX_DPUS: "44",
      GLAUX_MAX_DPUS_PER_WORK_GROUP: "30",
    },
  });
  user = athenaUser(server);
  await user.athena.send(new sdk.CreateWorkGroupCommand({ Name: "other" }));
});
afterAll(async () => {
  user[Symbol.dispose]();
  await server[Symbol.asyncDispose]();
});

const start = async (MaxConcurrentDpus: number, more: Partial<sdk.StartSessionCommandInput> = {}) => {
  const input = { WorkGroup: "primary", EngineConfiguration: { MaxConcurrentDpus }, ...more };
  return (await user.athena.send(new sdk.StartSessionCommand(input))).SessionId!;
};
const terminate = (SessionId: string) => user.athena.send(new sdk.TerminateSessionCommand({ SessionId }));
const noDpus = {
  name: "InvalidRequestException",
  message: "Failed to Provision session due to required capacity not being available for the account",
  status: 400,
};

test("a session that the machine's memory cannot carry is FAILED and says why", async () => {
  await using small = await startServer({
    env: { GLAUX_MEMORY_RESERVE_MB: "1000000000", GLAUX_DRIVER_MEMORY_MB: "600" },
  });
  using its = athenaUser(small);
  const { SessionId } = await its.athena.send(
    new sdk.StartSessionCommand({ WorkGroup: "primary", EngineConfiguration: {} }),
  );
  await its.sessionIn(SessionId!, "FAILED");
  const { StateChangeReason } = await its.sessionStatus(SessionId!);
  expect(StateChangeReason).toMatch(
    /^The session could not be started: too little memory\. A session may take 1112 MiB: .* 1000000000 are kept free \(GLAUX_MEMORY_RESERVE_MB; "off" turns this check off\)\./,
  );
});

test("no session may ask for more DPUs than a session can have", async () => {
  expect(await refusalOf(start(31))).toMatchObject(noDpus);
});

test("50 calls at once with one token: one session, and nobody is refused, though there are places for two", async () => {
  const calls = Array.from({ length: 50 }, () => start(10, { ClientRequestToken: "fifty".padEnd(32, "-") }));
  const ids = new Set(await Promise.all(calls));
  expect(ids.size).toBe(1);
  const { Sessions } = await user.athena.send(new sdk.ListSessionsCommand({ WorkGroup: "primary" }));
  expect(Sessions!.map(({ SessionId }) => SessionId)).toEqual([...ids]);
  await terminate([...ids][0]!);
});

test("DPUs run out per workgroup and in all, sessions per workgroup; what is terminated is free at once", async () => {
  const first = await start(20, { ClientRequestToken: "one".padEnd(32, "-") });
  expect(await refusalOf(start(11))).toMatchObject(noDpus); // 31 of 30 in the workgroup
  const second = await start(10);
  expect(await refusalOf(start(2))).toMatchObject({
    name: "TooManyRequestsException",
    message: "Maximum allowed sessions reached (2)",
    status: 400,
  });
  expect(await refusalOf(start(15, { WorkGroup: "other" }))).toMatchObject(noDpus); // 45 of 44 in all
  const third = await start(14, { WorkGroup: "other" });
  // A retry with the same token makes no session, so the quota does not refuse it.
  expect(await start(20, { ClientRequestToken: "one".padEnd(32, "-") })).toBe(first);

  await terminate(second);
  const fourth = await start(10);
  await Promise.all([first, third, fourth].map(terminate));
  const last = await start(30);
  await terminate(last);
});
