// Sessions that a warm pool serves with a real Spark, seen through the SDK for JavaScript. The API shows
// nothing of the pool, so what the pool did is read from the service's log.
import { rm } from "node:fs/promises";
import {
  GetSessionCommand,
  ListSessionsCommand,
  StartSessionCommand,
  TerminateSessionCommand,
} from "@aws-sdk/client-athena";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { runGlaux } from "../cli/glaux.ts";
import { athenaUser, type AthenaUser } from "../support/athena-user.ts";
import { assertNothingLeft, processesOn, startServer, temporaryHome, type TestServer } from "../support/server.ts";
import { saidInLog } from "../support/service-log.ts";
import { waitFor } from "../support/wait-for.ts";

const withPool = { GLAUX_POOL_MIN: "1", GLAUX_POOL_MAX: "1" };

const said = ({ home }: TestServer, message: string) => saidInLog(home, message);
const untilReady = (server: TestServer, count: number) =>
  waitFor(
    `${String(count)} pool members in all`,
    () => (said(server, "a pool member is ready").length >= count ? true : undefined),
    { withinMs: 200_000 }, // members step back, so a busy machine is slow to boot them
  );
vi.setConfig({ testTimeout: 240_000 });

describe("with a pool", () => {
  let server: TestServer;
  let user: AthenaUser;
  /** The number of ready members so far. Each start uses one of them. */
  let members = 0;

  beforeAll(async () => {
    server = await startServer({ env: withPool });
    user = athenaUser(server);
  });
  afterAll(async () => {
    user[Symbol.dispose]();
    await server[Symbol.asyncDispose]();
  });

  async function start(
    SparkProperties: Record<string, string> = {},
  ): Promise<{ id: string; state: string | undefined }> {
    await untilReady(server, ++members);
    const EngineConfiguration = { SparkProperties };
    const started = await user.athena.send(new StartSessionCommand({ WorkGroup: "primary", EngineConfiguration }));
    return { id: started.SessionId ?? "", state: started.State };
  }
  const origin = async (id: string) => (await runGlaux(server.env, ["sessions", "show", id])).stdout;
  const end = (id: string) => user.athena.send(new TerminateSessionCommand({ SessionId: id }));

  // `count()` runs two jobs, because Spark plans its second half after the first is done. So the ids 0 and 1
  // show that the warm-up has left no jobs.
  test("StartSession answers IDLE, the first query is right, and nothing of the warm-up is left", async () => {
    const { id, state } = await start();
    expect(state).toBe("IDLE");
    const code = [
      "print(spark.range(1000).count())",
      "store = sc._jsc.sc().statusStore()",
      "jobs = store.jobsList(None)",
      "print(sorted(jobs.apply(n).jobId() for n in range(jobs.size())))",
      "print(spark.catalog.listTables(), spark.catalog.listDatabases()[0].name, len(spark.catalog.listDatabases()))",
      "print(sc.applicationId == sc._jsc.sc().applicationId())",
    ].join("\n");
    expect(await user.print(id, code)).toBe("1000\n[0, 1]\n[] default 1\nTrue\n");
    expect(await origin(id)).toContain("from the warm pool\n");
    expect((await user.athena.send(new GetSessionCommand({ SessionId: id }))).Status?.State).toBe("IDLE");
    expect(await user.print(id, "%session_id")).toContain(id);
    await end(id);
  });

  test("runtime conf is applied to the member as it is, also for a context that is made later", async () => {
    const { id, state } = await start({
      "spark.sql.shuffle.partitions": "3",
      "spark.sql.session.timeZone": "Asia/Tokyo",
    });
    expect(state).toBe("IDLE");
    const conf = "print(spark.conf.get('spark.sql.shuffle.partitions'), spark.conf.get('spark.sql.session.timeZone'))";
    expect(await user.print(id, conf)).toBe("3 Asia/Tokyo\n");
    expect(await user.print(id, "print(spark.range(9).groupBy('id').count().count())")).toBe("9\n");
    await user.run(id, "spark.stop()");
    expect(await user.print(id, conf)).toBe("3 Asia/Tokyo\n");
    expect(await origin(id)).toContain("from the warm pool\n");
    await end(id);
  });

  test("context-static conf: a fresh context in the warm JVM", async () => {
    const { id, state } = await start({
      "spark.app.name": "daily",
      "spark.scheduler.mode": "FAIR",
      "spark.sql.a": "1",
    });
    expect(state).toBe("IDLE");
    const code = [
      "print(sc.appName, sc.getConf().get('spark.scheduler.mode'), spark.conf.get('spark.sql.a'))",
      "print(spark.range(1000).count())",
      "jobs = sc._jsc.sc().statusStore().jobsList(None)",
      "print(sorted(jobs.apply(n).jobId() for n in range(jobs.size())))",
    ].join("\n");
    expect(await user.print(id, code)).toBe("daily FAIR 1\n1000\n[0, 1]\n");
    expect(await origin(id)).toContain("from the warm pool: it gets a fresh Spark context for spark.app.name");
    await end(id);
  });

  test("launch conf: a driver of its own; the member stays for the next", async () => {
    const { id, state } = await start({ "spark.sql.codegen.cache.maxEntries": "77" });
    members--; // this session took no member
    expect(state).toBe("CREATING");
    await user.sessionIn(id, "IDLE");
    expect(await user.print(id, "print(sc.getConf().get('spark.sql.codegen.cache.maxEntries'))")).toBe("77\n");
    expect(await origin(id)).toContain("booted for the session: no pool member fits");
    await end(id);
  });

  test("a wrong conf fails the session with its reason, as in a driver of its own", async () => {
    const { id } = await start({ "spark.scheduler.mode": "NONSENSE" });
    await user.sessionIn(id, "FAILED");
    expect((await user.sessionStatus(id)).StateChangeReason).toContain("NONSENSE");
  });

  test("a member that is killed before it is claimed costs the session time, and nothing else", async () => {
    await untilReady(server, members + 1);
    const driverId = said(server, "a pool member is ready").at(-1)?.driverId ?? "";
    for (const { pid, command } of processesOn(server.home))
      if (command.includes("glaux_driver.supervisor") && command.includes(driverId)) process.kill(pid, "SIGKILL");
    const { id } = await start();
    await user.sessionIn(id, "IDLE");
    expect(await user.print(id, "print(spark.range(10).count())")).toBe("10\n");
    await end(id);
  });

  test("no member is used twice", async () => {
    for (let n = 0; n < 2; n++) await end((await start()).id);
    const claimed = said(server, "driver: claimed").map(({ driverId }) => driverId);
    expect(claimed.length).toBeGreaterThanOrEqual(2);
    expect(new Set(claimed).size).toBe(claimed.length);
  });

  test("`glaux doctor` knows the pool", async () => {
    const { code, stdout } = await runGlaux(server.env, ["doctor"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^Pool {6}\d members?, between 1 and 1/m);
    expect(stdout).toMatch(/^Priority {2}can/m);
  });
});

test("kill -9 of the server during a claim: the session becomes IDLE with its conf, and no member of the dead server stays", async () => {
  const home = temporaryHome();
  const first = await startServer({ env: withPool, home });
  await untilReady(first, 1);
  const old = said(first, "a pool member is ready").map(({ driverId }) => driverId);
  let session: string;
  {
    using user = athenaUser(first);
    // These properties need a fresh context, which takes time.
    const SparkProperties = { "spark.app.name": "survivor", "spark.sql.a": "1" };
    const input = { WorkGroup: "primary", EngineConfiguration: { SparkProperties } };
    const starting = user.athena.send(new StartSessionCommand(input)).catch(() => undefined);
    const listed = () => user.athena.send(new ListSessionsCommand({ WorkGroup: "primary" }));
    session = await waitFor("the session", async () => (await listed()).Sessions?.[0]?.SessionId, { everyMs: 1 });
    await first.kill();
    await starting;
  }
  // The second server uses the same port, because the SDK caches the profile's file, which names the
  // endpoint.
  const GLAUX_LISTEN = new URL(first.endpoint).host;
  await using second = await startServer({ env: { ...withPool, GLAUX_LISTEN }, home });
  using user = athenaUser(second);
  await user.sessionIn(session, "IDLE");
  expect(await user.print(session, "print(sc.appName, spark.conf.get('spark.sql.a'))")).toBe("survivor 1\n");
  await untilReady(second, 2);
  const members = said(second, "a pool member is ready").map(({ driverId }) => driverId);
  expect(members.slice(old.length)).not.toContain(old[0]);
  await second.stop("SIGINT");
  await assertNothingLeft(home);
  await rm(home, { recursive: true });
});

test("SIGTERM ends members, booting ones too, and leaves sessions", async () => {
  const home = temporaryHome();
  const first = await startServer({ env: withPool, home });
  using user = athenaUser(first);
  await untilReady(first, 1);
  const id = await user.idleSession();
  await waitFor("the refill's boot", () => (said(first, "a pool member boots").length === 2 ? true : undefined));
  expect(await first.stop("SIGTERM")).toBe(0);
  const supervisors = processesOn(home).filter(({ command }) => command.includes("glaux_driver.supervisor"));
  const [claimed] = said(first, "driver: claimed");
  expect(supervisors.length).toBeGreaterThan(0); // the supervisor and its guardian
  expect(supervisors.every(({ command }) => command.includes(claimed?.driverId ?? "?"))).toBe(true);
  const second = await startServer({ home, env: { GLAUX_LISTEN: new URL(first.endpoint).host } });
  await user.sessionIn(id, "IDLE");
  await second.stop("SIGINT");
  await assertNothingLeft(home);
  await rm(home, { recursive: true });
});
