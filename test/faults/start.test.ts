// Starts that go wrong: what a session says that does not become ready, and what a service says that cannot
// trust its data folder.
import { existsSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { StartSessionCommand } from "@aws-sdk/client-athena";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { runGlaux } from "../cli/glaux.ts";
import { glauxEnvironment, processesOn } from "../support/server.ts";
import { sessionPids } from "../support/session-traces.ts";
import { waitFor } from "../support/wait-for.ts";
import { ServedFolder } from "../support/served-folder.ts";

// Each test starts servers, which takes time on a busy machine.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let service: ServedFolder;
beforeEach(() => {
  service = new ServedFolder();
});
afterEach(() => service[Symbol.asyncDispose]());

async function failedSession() {
  const { user } = service;
  const { SessionId = "" } = await user.athena.send(
    new StartSessionCommand({ WorkGroup: "primary", EngineConfiguration: {} }),
  );
  await user.sessionIn(SessionId, "FAILED");
  return user.sessionStatus(SessionId);
}

const database = () => join(service.home, "glaux.db");
const serve = () =>
  runGlaux(glauxEnvironment(service.home, { ...service.env, GLAUX_LISTEN: "127.0.0.1:0" }), ["serve"]);

test("a session that is not ready by its deadline fails with the last lines of Spark's log, and nothing of it is left", async () => {
  service.replaceSupervisor(
    'folder=$(dirname "$3"); echo "connecting to nowhere" >> "$folder/spark.log"; echo "half-way" >&2; exec sleep 600',
  );
  await service.start({ env: { GLAUX_START_DEADLINE_SECONDS: "1" } });
  const status = await failedSession();
  expect(status.StateChangeReason).toBe(
    "The session was not ready within 1 s. Last lines of its log: connecting to nowhere",
  );
  expect(status.EndDateTime).toBeInstanceOf(Date);
  await waitFor("its end", () => (sessionPids(service.server).length === 0 ? true : undefined));
});

test("where Spark has not come to writing one, the driver's own log is shown", async () => {
  service.replaceSupervisor("echo half-way >&2; exec sleep 600");
  await service.start({ env: { GLAUX_START_DEADLINE_SECONDS: "1" } });
  expect((await failedSession()).StateChangeReason).toBe(
    "The session was not ready within 1 s. Last lines of its log: half-way",
  );
});

test("a driver that ends at once: its session says why", async () => {
  service.replaceSupervisor("echo 'no such module' >&2; exit 1");
  await service.start();
  expect((await failedSession()).StateChangeReason).toBe(
    "The session's supervisor process ended unexpectedly. Last lines of its log: no such module",
  );
});

test("a start over a database that is damaged is refused, with its path and what to do; nothing is changed", async () => {
  await service.start();
  const id = await service.user.idleSession();
  const pids = sessionPids(service.server);
  expect(await service.server.stop("SIGTERM")).toBe(0);
  const whole = readFileSync(database());
  const broken = Buffer.from(whole);
  broken.fill(0xa5, 4096, 8192);
  writeFileSync(database(), broken);
  const { code, stderr } = await serve();
  expect(code).toBe(1);
  expect(stderr).toContain(`glaux: the database ${database()} is damaged`);
  expect(stderr).toContain("put back a copy of it from a backup");
  expect(stderr).not.toContain("    at ");
  expect(readFileSync(database()).equals(broken)).toBe(true);
  expect(processesOn(service.home).map(({ pid }) => pid)).toEqual(expect.arrayContaining([pids[0]]));
  // The message is right: when a copy is put back, the session is there again.
  writeFileSync(database(), whole);
  await service.start();
  expect((await service.user.sessionStatus(id)).State).toBe("IDLE");
});

test("a database that has lost all its content is not taken for a new one", async () => {
  await service.start();
  await service.user.idleSession();
  expect(await service.server.stop("SIGINT")).toBe(0);
  truncateSync(database(), 0);
  const { code, stderr } = await serve();
  expect([code, stderr]).toEqual([1, expect.stringContaining(`the database ${database()} is damaged (it is empty)`)]);
  expect(statSync(database()).size).toBe(0);
});

test("a journal with a tail of nonsense is read up to it: what was finished counts, the rest fails with its session", async () => {
  await service.start();
  const { user } = service;
  const id = await user.idleSession();
  await user.print(id, "sh:echo x");
  const go = join(service.home, "go");
  const finished = await user.start(id, `sh:until [ -e ${go} ]; do sleep 0.05; done; echo done`);
  const [supervisor = 0] = sessionPids(service.server);
  await service.server.kill();
  writeFileSync(go, "");
  const [driver] = readdirSync(join(service.home, "drivers"));
  const journal = join(service.home, "drivers", driver!, "journal");
  await waitFor("its end in the journal", () =>
    readFileSync(journal, "utf8").split("finished").length === 3 ? true : undefined,
  );
  process.kill(supervisor, "SIGKILL");
  await waitFor("the driver's end", () => (existsSync(`/proc/${String(supervisor)}/cwd`) ? undefined : true));
  writeFileSync(journal, Buffer.from([0xff, 0x00, 0x0a, 0x7b, 0x22, 0xc3, 0x0a, 0x7b, 0x22, 0x73, 0x65]), {
    flag: "a",
  });
  await service.start();
  expect(await service.user.ended(finished)).toMatchObject({ state: "COMPLETED", stdout: "done\n" });
  expect((await service.user.sessionStatus(id)).State).toBe("FAILED");
});
