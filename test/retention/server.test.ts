// Retention as a user sees it: a server starts on a data folder that has old sessions.
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openStore } from "../../src/store/store.ts";
import { startEnginelessServer } from "../support/engineless-server.ts";
import { temporaryHome } from "../support/server.ts";
import { signedCalls } from "../support/signed-calls.ts";
import { waitFor } from "../support/wait-for.ts";
import { storedSession, storedWorkGroup } from "../stores/entities.ts";

let home: string;
beforeEach(() => {
  home = temporaryHome();
});
afterEach(() => rmSync(home, { recursive: true }));

const [old, recent] = ["6f9619ff-8b86-4011-b42d-00c04fc964f1", "6f9619ff-8b86-4011-b42d-00c04fc964f2"];

test("a session that ended 31 days ago is gone, one of 29 days ago and all results are there", async () => {
  const store = await openStore(join(home, "glaux.db"));
  await store.workGroups.insert(storedWorkGroup("primary"), []);
  for (const [id, days] of [
    [old, 31],
    [recent, 29],
  ] as const) {
    const endedAt = Date.now() - days * 86_400_000;
    const session = storedSession(store.nodeId, id, { state: "TERMINATED", createdAt: endedAt - 1, endedAt });
    await store.sessions.insert(session, { maxSessions: 1, token: undefined });
  }
  await store.close();
  const results = join(home, "buckets/glaux-000000000000", old, "c/stdout");
  mkdirSync(join(results, ".."), { recursive: true });
  writeFileSync(results, "kept");

  await using server = await startEnginelessServer({ home });
  using calls = signedCalls(server);
  const get = (id: string) => calls.post("GetSession", JSON.stringify({ SessionId: id }));
  await waitFor("the old session to be gone", async () => ((await get(old)).status === 400 ? true : undefined));
  expect(await get(old)).toMatchObject({ body: expect.stringContaining(`Session ${old} was not found`) as string });
  expect((await get(recent)).status).toBe(200);
  expect(existsSync(results)).toBe(true);
  const listed = await calls.post("ListSessions", '{"WorkGroup":"primary","StateFilter":"TERMINATED"}');
  expect(
    (JSON.parse(listed.body) as { Sessions: { SessionId: string }[] }).Sessions.map((one) => one.SessionId),
  ).toEqual([recent]);
  const metrics = await (await fetch(`${server.endpoint}/-/metrics`)).text();
  expect(metrics).toMatch(/^glaux_sessions_forgotten_total 1$/m);
});
