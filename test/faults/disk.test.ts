// A full or read-only disk: calls are refused or fail with the reason, nothing acknowledged is lost, and
// everything works again when there is room.
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { StartSessionCommand, TerminateSessionCommand } from "@aws-sdk/client-athena";
import { expect, test, vi, type TestContext } from "vitest";
import { runGlaux } from "../cli/glaux.ts";
import { glauxEnvironment } from "../support/server.ts";
import { sessionPids } from "../support/session-traces.ts";
import { waitFor } from "../support/wait-for.ts";
import { ServedFolder } from "../support/served-folder.ts";
import { noSmallDisk, readOnly, SmallDisk } from "./small-disk.ts";

// Each test starts servers, which takes time on a busy machine.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const needsMount = (context: TestContext) => {
  context.skip(noSmallDisk !== undefined, noSmallDisk);
};

test("a full disk under a running service", async (context) => {
  needsMount(context);
  using disk = new SmallDisk(24);
  await using service = new ServedFolder(join(disk.path, "home"));
  await service.start();
  const { user } = service;
  const id = await user.idleSession();
  const go = join(service.home, "go");
  const before = await user.run(id, "sh:echo before");
  const running = await user.start(id, `sh:until [ -e ${go} ]; do sleep 0.05; done; echo done`);

  disk.fill();
  const refused = await user.athena
    .send(new StartSessionCommand({ WorkGroup: "primary", EngineConfiguration: {} }))
    .catch((error: unknown) => error);
  expect(refused).toMatchObject({ name: "InternalServerException" });
  // The service still runs, and still answers what it has acknowledged before.
  expect((await user.sessionStatus(id)).State).toBe("BUSY");
  expect(await user.ended(before.id)).toMatchObject({ state: "COMPLETED", stdout: "before\n" });
  expect(existsSync(`/proc/${String(service.server.pid)}`)).toBe(true);

  disk.free();
  writeFileSync(go, "");
  expect(await user.ended(running)).toMatchObject({ state: "COMPLETED", stdout: "done\n" });
  await user.sessionIn(id, "IDLE");
  expect(await user.print(id, "sh:echo after")).toBe("after\n");
  expect(await user.print(await user.idleSession(), "sh:echo new")).toBe("new\n");
});

test("what a driver reports while the database has no room is stored as soon as it has", async (context) => {
  needsMount(context);
  using disk = new SmallDisk(24);
  await using service = new ServedFolder(join(disk.path, "home"));
  await service.start();
  const { user } = service;
  const id = await user.idleSession();
  const calculation = await user.start(id, "hang");
  const [supervisor = 0] = sessionPids(service.server);
  disk.fill();
  process.kill(supervisor, "SIGKILL");
  await waitFor("its end", () => (sessionPids(service.server).length === 0 ? true : undefined));
  // The state in the store, which could not be updated.
  expect((await user.sessionStatus(id)).State).toBe("BUSY");
  disk.free();
  const { state, reason } = await user.ended(calculation);
  expect(state).toBe("FAILED");
  expect(reason).toMatch(/ended unexpectedly/);
  expect((await user.sessionStatus(id)).State).toBe("FAILED");
});

test("a session can be ended once there is room again, whatever was tried before", async (context) => {
  needsMount(context);
  using disk = new SmallDisk(24);
  await using service = new ServedFolder(join(disk.path, "home"));
  await service.start();
  const { user } = service;
  const id = await user.idleSession();
  disk.fill();
  const terminate = () => user.athena.send(new TerminateSessionCommand({ SessionId: id }));
  await expect(terminate()).rejects.toMatchObject({ name: "InternalServerException" });
  disk.free();
  await terminate();
  await user.sessionIn(id, "TERMINATED");
  expect(sessionPids(service.server)).toEqual([]);
});

test("SIGINT on a full disk leaves no process of a session, and the next start knows that they are over", async (context) => {
  needsMount(context);
  using disk = new SmallDisk(24);
  await using service = new ServedFolder(join(disk.path, "home"));
  await service.start();
  const id = await service.user.idleSession();
  disk.fill();
  expect(await service.server.stop("SIGINT")).toBe(1); // `stop` also fails if a process of a session is left
  expect(service.server.output()).toMatch(/database or disk is full/);
  disk.free();
  await service.start();
  expect((await service.user.sessionStatus(id)).State).toBe("FAILED");
});

test("buckets that become read-only: a calculation is refused with the reason, and the session is as before", async (context) => {
  needsMount(context);
  await using service = new ServedFolder();
  await service.start();
  const { user } = service;
  const id = await user.idleSession();
  {
    using _ = readOnly(join(service.home, "buckets"));
    await expect(user.start(id, "sh:echo never")).rejects.toMatchObject({
      name: "InvalidRequestException",
      message: expect.stringMatching(/^The output cannot be written to s3:.*EROFS/) as string,
    });
    expect((await user.sessionStatus(id)).State).toBe("IDLE");
  }
  expect(await user.print(id, "sh:echo after")).toBe("after\n");
});

const atTheStart = {
  full: (disk: SmallDisk) => disk.fill(),
  "read-only": (disk: SmallDisk) => disk.setReadOnly(),
};

test.for(["full", "read-only"] as const)(
  "a start on a disk that is %s says so, and what to do",
  async (fault, context) => {
    needsMount(context);
    using disk = new SmallDisk(1);
    await using engines = new ServedFolder();
    atTheStart[fault](disk);
    const env = glauxEnvironment(join(disk.path, "home"), { ...engines.env, GLAUX_LISTEN: "127.0.0.1:0" });
    const { code, stderr } = await runGlaux(env, ["serve"]);
    expect(code).toBe(1);
    expect(stderr).toMatch(fault === "full" ? /^glaux: .*\n {2}→ the disk is full/ : /^glaux: .*\n {2}→ .*GLAUX_HOME/);
    expect(stderr).not.toContain("    at ");
  },
);
