// `glaux reset`, on data folders of real services whose sessions have no Spark.
import { spawnSync } from "node:child_process";
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { homedir, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { readConfig } from "../../src/config/config.ts";
import { ServedFolder } from "../support/served-folder.ts";
import { noSmallDisk, readOnly } from "../faults/small-disk.ts";
import { makeFakeEngines } from "../support/fake-engine.ts";
import { glauxEnvironment, startServer, temporaryHome } from "../support/server.ts";
import { sessionPids } from "../support/session-traces.ts";
import { waitFor } from "../support/wait-for.ts";
import { runGlaux, startGlaux } from "../cli/glaux.ts";
import { glauxAtTerminal } from "./terminal.ts";

/** What a reset leaves of the data folder if the engines are in another folder. */
const emptied = ["run", "run/server.lock"];

let template: ServedFolder;
let service: ServedFolder;
let home: string;
beforeAll(async () => {
  template = new ServedFolder();
  await template.start();
  await template.user.print(await template.user.idleSession(), "sh:echo result");
  mkdirSync(join(template.home, "buckets/sales/2013"), { recursive: true });
  writeFileSync(join(template.home, "buckets/sales/2013/flights.csv"), "x".repeat(2_500));
  await template.server.stop();
});
afterAll(() => template[Symbol.asyncDispose]());
beforeEach(() => {
  service = new ServedFolder();
  home = service.home;
});
afterEach(() => service[Symbol.asyncDispose]());

const envOf = (more: NodeJS.ProcessEnv = {}) => glauxEnvironment(home, { ...service.env, ...more });
const reset = (args: string[] = [], more: NodeJS.ProcessEnv = {}) => runGlaux(envOf(more), ["reset", ...args]);

/**
 * Makes a data folder in which a service has run, with a session, a calculation and a bucket of the user's.
 */
function used(): void {
  // `cp -a` keeps the modes of folders, which Node's cp does not.
  const { status } = spawnSync("cp", ["-a", `${template.home}/.`, home]);
  expect(status).toBe(0);
}

/**
 * Every path below a folder, with the content of a file, or the mode of anything else. Files that change when
 * the lock is taken or the database is read are left out. Symbolic links are not followed.
 */
function contentOf(folder: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of namesIn(folder)) {
    if (["run/server.pid", "run/server.lock-journal", "glaux.db-shm"].includes(name)) continue;
    const stats = lstatSync(join(folder, name));
    found[name] = stats.isFile() ? readFileSync(join(folder, name), "latin1") : `mode ${String(stats.mode)}`;
  }
  return found;
}

const namesIn = (folder: string) => readdirSync(folder, { recursive: true, encoding: "utf8" }).sort();

describe("what goes and what stays", () => {
  test("all data goes, what goes was said, and the engines inside stay", async () => {
    const engines = join(home, "engines");
    makeFakeEngines(engines);
    const before = contentOf(engines);
    used();
    const key = readFileSync(join(home, "credentials"), "utf8");
    writeFileSync(Buffer.concat([Buffer.from(join(home, "buckets/sales/")), Buffer.from([0xff, 0x41])]), "not UTF-8");

    const { code, stdout, stderr } = await reset(["--yes"], { GLAUX_ENGINES: "" });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toContain(`\`glaux reset\` removes from ${home}:\n`);
    expect(stdout).toMatch(/^ {2}Buckets {3}glaux-000000000000: \d+ files, .* k?B$/m);
    expect(stdout).toMatch(/^ {12}sales: 2 files, 2\.5 kB$/m);
    expect(stdout).toMatch(/^ {2}Database {2}1 session with 1 calculation, 0 notebooks, 1 workgroup$/m);
    expect(stdout).toMatch(/^ {2}Drivers {3}1 folder with logs: \d+ files, /m);
    expect(stdout).toMatch(/^ {2}Keys {6}aws, credentials \(/m);
    expect(stdout).toMatch(/^ {2}Log {7}glaux\.log$/m);
    expect(stdout).toContain(`It keeps:\n\n  Engines   ${engines}\n\nRemoving …\nRemoved. `);
    expect(readdirSync(home).sort()).toEqual(["engines", "run"]);
    expect(readdirSync(join(home, "run"))).toEqual(["server.lock"]);
    expect(contentOf(engines)).toEqual(before);

    expect(await reset(["--yes"], { GLAUX_ENGINES: "" })).toEqual({
      code: 0,
      stdout: `There is nothing to remove in ${home}.\n`,
      stderr: "",
    });

    // After the reset, a service starts with a new database.
    await service.start({ env: { GLAUX_ENGINES: engines } });
    expect(readFileSync(join(home, "credentials"), "utf8")).not.toBe(key);
    expect(await runGlaux(service.server.env, ["sessions"])).toMatchObject({ stdout: "No session is active.\n" });
    const anew = await runGlaux(service.server.env, ["run", "-c", "sh:echo anew"]);
    expect(anew).toMatchObject({ code: 0, stdout: "anew\n" });
  });

  test("what is not Glaux's stays, and so does a log outside; both are named", async () => {
    const outside = temporaryHome();
    const log = join(outside, "service.log");
    await service.start({ env: { GLAUX_LOG: log } });
    await service.server.stop();
    writeFileSync(join(home, "notes.txt"), "mine");
    writeFileSync(join(home, "glaux.db.backup"), "mine, too");
    const { code, stdout } = await reset(["--yes"], { GLAUX_LOG: log });
    expect(code).toBe(0);
    expect(stdout).toContain(`  Log       ${log}, which lies outside\n`);
    expect(stdout).toContain(
      "  Others    glaux.db.backup, which is not Glaux's\n            notes.txt, which is not Glaux's\n",
    );
    expect(namesIn(home)).toEqual([...emptied, "glaux.db.backup", "notes.txt"].sort());
    expect(existsSync(log)).toBe(true);
    rmSync(outside, { recursive: true });
    expect((await reset(["--yes"])).stdout).toContain("There is nothing to remove");
  });

  test("a log of another name inside goes with those that were put aside", async () => {
    const log = join(home, "log/service.log");
    await service.start({ env: { GLAUX_LOG: log } });
    await service.server.stop();
    for (const name of ["service.log.1", "service.log.old"]) writeFileSync(join(home, "log", name), "");
    const { stdout } = await reset(["--yes"], { GLAUX_LOG: log });
    expect(stdout).toContain("  Log       log/service.log, log/service.log.1\n");
    expect(namesIn(join(home, "log"))).toEqual(["service.log.old"]);
  });

  test("sockets that lie elsewhere, because the path of the data folder is too long", async () => {
    const long = join(home, "x".repeat(100));
    const server = await startServer({ home: long, env: service.env });
    const { paths } = readConfig(server.env);
    expect(dirname(paths.sockets)).toBe(tmpdir());
    await server.kill();
    writeFileSync(join(paths.sockets, "0123456789ab.sock"), "as a driver leaves it that was killed");
    expect((await runGlaux(server.env, ["reset", "--yes"])).code).toBe(0);
    expect(namesIn(long)).toEqual(emptied);
    expect(existsSync(paths.sockets)).toBe(false);
  });

  test("a damaged database is no obstacle", async () => {
    used();
    writeFileSync(join(home, "glaux.db"), "nonsense");
    const { code, stdout } = await reset(["--yes"]);
    expect(code).toBe(0);
    expect(stdout).toContain("  Database  which cannot be read\n");
    expect(namesIn(home)).toEqual(emptied);
  });

  test.each(["missing", "empty", "only engines"])("nothing to remove: %s", async (kind) => {
    if (kind === "missing") rmSync(home, { recursive: true });
    if (kind === "only engines") makeFakeEngines(join(home, "engines"));
    const before = existsSync(home) ? contentOf(home) : undefined;
    expect(await reset()).toEqual({ code: 0, stdout: `There is nothing to remove in ${home}.\n`, stderr: "" });
    expect(existsSync(home) ? contentOf(home) : undefined).toEqual(before);
  });
});

describe("is refused, with nothing touched", () => {
  const refused = async (args: string[], more: NodeJS.ProcessEnv, reason: RegExp, at = home) => {
    const before = contentOf(at);
    const { code, stderr } = await runGlaux({ ...envOf(), ...more }, ["reset", ...args]);
    expect(stderr).toMatch(reason);
    expect(stderr).toMatch(/^glaux: [^\n]*[Nn]othing was removed\n/);
    expect(contentOf(at)).toEqual(before);
    return code;
  };

  test("without a terminal and without --yes, though it says what would go", async () => {
    used();
    const before = contentOf(join(home, "buckets"));
    const { code, stdout, stderr } = await runGlaux(envOf(), ["reset"], "yes\n");
    expect(code).toBe(2);
    expect(stdout).toContain("sales: 1 file, 2.5 kB\n");
    expect(stdout).not.toContain("Removing");
    expect(stderr).toMatch(/^glaux: there is no terminal to ask on\. Nothing was removed\n {2}→ --yes /);
    expect(contentOf(join(home, "buckets"))).toEqual(before);
    await service.start(); // and the refused reset does not prevent a start
  });

  test("while a service runs, and after `glaux stop --sessions` no more", async () => {
    await service.start();
    await service.user.idleSession();
    const buckets = contentOf(join(home, "buckets"));
    const { code, stderr } = await reset(["--yes"]);
    expect(code).toBe(1);
    expect(stderr).toBe(
      `glaux: a Glaux service (process ${String(service.server.pid)}) runs on ${home}. Nothing was removed\n` +
        `  → end it with its sessions: GLAUX_HOME=${home} npx glaux stop --sessions\n`,
    );
    expect(contentOf(join(home, "buckets"))).toEqual(buckets);
    expect((await fetch(`${service.server.endpoint}/-/ready`)).status).toBe(200);
    expect((await runGlaux(envOf(), ["stop", "--sessions"])).code).toBe(0);
    expect((await reset(["--yes"])).code).toBe(0);
    expect(namesIn(home)).toEqual(emptied);
  });

  test.each(["SIGTERM", "SIGKILL"])("while a session lives whose service was ended by %s", async (signal) => {
    await service.start();
    const id = await service.user.idleSession();
    const calculation = await service.user.start(id, `sh:until [ -e ${home}/go ]; do sleep 0.05; done; echo done`);
    await (signal === "SIGTERM" ? service.server.stop("SIGTERM") : service.server.kill());
    const [driver = ""] = readdirSync(join(home, "drivers"));
    const [supervisor = 0] = sessionPids(service.server);

    // The drivers are found even if the database is away and cannot list them, or if the folder is named by
    // another path.
    const link = `${home}-link`;
    symlinkSync(home, link);
    const database = ["glaux.db", "glaux.db-wal", "glaux.db-shm"].filter((name) => existsSync(join(home, name)));
    const asItIs = {
      code: 1,
      reason: new RegExp(`still run, without a service: .*${driver} \\(process .*${String(supervisor)}`),
    };
    for (const GLAUX_HOME of [home, link]) {
      expect(await refused(["--yes"], { GLAUX_HOME }, asItIs.reason)).toBe(asItIs.code);
      for (const name of database) renameSync(join(home, name), join(home, `${name}.away`));
      expect(await refused(["--yes"], { GLAUX_HOME }, asItIs.reason)).toBe(asItIs.code);
      for (const name of database) renameSync(join(home, `${name}.away`), join(home, name));
    }
    rmSync(link);

    // The commands that the refusal suggests work.
    const { stderr } = await reset(["--yes"]);
    expect(stderr).toContain(`→ start the service, which takes them over: GLAUX_HOME=${home} npx glaux serve\n`);
    expect(stderr).toContain(
      `and end it with them, from another shell: GLAUX_HOME=${home} npx glaux stop --sessions\n`,
    );
    await service.start();
    writeFileSync(join(home, "go"), "");
    expect(await service.user.ended(calculation)).toMatchObject({ state: "COMPLETED", stdout: "done\n" });
    expect((await runGlaux(envOf(), ["stop", "--sessions"])).code).toBe(0);
    expect((await reset(["--yes"])).code).toBe(0);
    expect(namesIn(home)).toEqual(["go", ...emptied]);
  });

  test("while anything of a session lives, though its supervisor is dead", async () => {
    await service.start();
    await service.user.start(await service.user.idleSession(), `sh:until [ -e ${home}/go ]; do sleep 0.05; done`);
    const [supervisor = 0] = sessionPids(service.server);
    const script = await waitFor("the calculation's process", () => sessionPids(service.server)[1]);
    await service.server.kill();
    process.kill(supervisor, "SIGKILL");
    expect(await refused(["--yes"], {}, new RegExp(`drivers [0-9a-f]{12} \\(process ${String(script)}`))).toBe(1);
    writeFileSync(join(home, "go"), "");
    await waitFor("its end", () => (sessionPids(service.server).length === 0 ? true : undefined));
    expect((await reset(["--yes"])).code).toBe(0);
    expect(namesIn(home)).toEqual(["go", ...emptied]);
  });

  test("of a folder that is not Glaux's, though it has such names", async () => {
    for (const name of ["buckets/one", "drivers", "aws", "run"]) mkdirSync(join(home, name), { recursive: true });
    for (const name of ["run/server.pid", "run/server.lock", "run/reset", "credentials", "glaux.log"])
      writeFileSync(join(home, name), "1\n");
    writeFileSync(join(home, "aws/config"), "[default]\nregion = eu-north-1\n");
    writeFileSync(join(home, "glaux.db"), "SQLite format 3\0 but not Glaux's");
    expect(await refused(["--yes"], {}, /is not a data folder of Glaux: .*\n {2}→ GLAUX_HOME names/s)).toBe(1);
  });

  test("of a file", async () => {
    const file = join(home, "file");
    writeFileSync(file, "");
    expect(await refused(["--yes"], { GLAUX_HOME: file }, /file is a file\. /)).toBe(1);
  });

  test("of a home folder, what is above one, and what is a link to one, even with Glaux's data in it", async () => {
    used();
    const link = join(service.home, "..", `link-to-${service.home.split("/").at(-1) ?? ""}`);
    symlinkSync(home, link);
    mkdirSync(join(home, "ann"));
    const never = /is a home folder or above one, which is never reset/;
    for (const more of [{ HOME: home }, { HOME: join(home, "ann") }, { HOME: home, GLAUX_HOME: link }])
      expect(await refused(["--yes"], more, never)).toBe(1);
    rmSync(link);
    // Run without --yes, so that a fault in the reset would delete nothing.
    for (const GLAUX_HOME of ["/", homedir(), dirname(homedir())])
      expect((await reset([], { GLAUX_HOME, GLAUX_ENGINES: "" })).stderr).toMatch(never);
  });

  test("where the engines lie in what would go", async () => {
    const engines = join(home, "buckets/engines");
    used();
    makeFakeEngines(engines);
    expect(
      await refused(
        ["--yes"],
        { GLAUX_ENGINES: engines },
        /the engines in .* lie in buckets\/, which would be removed/,
      ),
    ).toBe(1);
  });

  test("where something is mounted in what would go", async (context) => {
    context.skip(noSmallDisk !== undefined, noSmallDisk);
    used();
    const mounted = join(home, "buckets/mounted here");
    mkdirSync(mounted);
    using _disk = readOnly(mounted);
    expect(await refused(["--yes"], {}, /buckets\/mounted here is mounted in what would be removed/)).toBe(1);
  });
});

describe("links", () => {
  test("a data folder behind a link is emptied; links in it go, and what they lead to stays", async () => {
    const outside = temporaryHome();
    for (const name of ["bucket", "deep", "aws"]) {
      mkdirSync(join(outside, name));
      writeFileSync(join(outside, name, "theirs"), "theirs");
    }
    const before = contentOf(outside);
    used();
    symlinkSync(join(outside, "bucket"), join(home, "buckets/linked"));
    symlinkSync(join(outside, "deep"), join(home, "buckets/sales/deep"));
    rmSync(join(home, "aws"), { recursive: true });
    symlinkSync(join(outside, "aws"), join(home, "aws"));
    const link = join(outside, "home");
    symlinkSync(home, link);

    const { code, stdout } = await reset(["--yes"], { GLAUX_HOME: link });
    expect(code).toBe(0);
    expect(stdout).toContain(`removes from ${home}:`);
    expect(stdout).toContain(`  Links     aws; what it leads to stays: ${outside}/aws\n`);
    expect(stdout).toContain(`            buckets/linked; what it leads to stays: ${outside}/bucket\n`);
    expect(stdout).toContain("linked: 0 files");
    expect(namesIn(home)).toEqual(emptied);
    rmSync(link);
    expect(contentOf(outside)).toEqual(before);
    rmSync(outside, { recursive: true });
  });

  test("one in the place of the folder with the lock is refused", async () => {
    used();
    const elsewhere = `${home}-run`;
    renameSync(join(home, "run"), elsewhere);
    symlinkSync(elsewhere, join(home, "run"));
    const { code, stderr } = await reset(["--yes"]);
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: `glaux: ${home}/run is a symbolic link, where Glaux makes a folder. Nothing was removed\n  → remove the link, and repeat\n`,
    });
    expect(existsSync(join(home, "glaux.db"))).toBe(true);
    rmSync(elsewhere, { recursive: true });
  });

  test("a link to a profile of Glaux is no sign that the folder is Glaux's", async () => {
    used();
    const foreign = temporaryHome();
    mkdirSync(join(foreign, "buckets/theirs"), { recursive: true });
    symlinkSync(join(home, "aws"), join(foreign, "aws"));
    symlinkSync(join(home, "glaux.db"), join(foreign, "glaux.db"));
    expect((await reset(["--yes"], { GLAUX_HOME: foreign })).stderr).toContain("is not a data folder of Glaux");
    expect(existsSync(join(foreign, "buckets/theirs"))).toBe(true);
    rmSync(foreign, { recursive: true });
  });
});

describe("at a terminal it asks", () => {
  const question = 'Type "yes" to remove it: ';

  test.each(["yes\n", " YES\n"])("%j removes it", async (answer) => {
    used();
    const asked = glauxAtTerminal(envOf(), ["reset"]);
    await asked.shown(question);
    asked.type(answer);
    const { code, output } = await asked.end;
    expect(output).toContain("sales: 1 file, 2.5 kB");
    expect(output).toMatch(/Removing …\nRemoved\. /);
    expect(code).toBe(0);
    expect(namesIn(home)).toEqual(emptied);
  });

  test.each([
    ["y\n", 1],
    ["\n", 1],
    ["\x04", 1], // Ctrl-D
    ["\x03", 130], // Ctrl-C
  ])("%j removes nothing", async (answer, expected) => {
    used();
    const before = contentOf(join(home, "buckets"));
    const asked = glauxAtTerminal(envOf(), ["reset"]);
    await asked.shown(question);
    asked.type(answer);
    const { code, output } = await asked.end;
    expect(code).toBe(expected);
    if (expected === 1) expect(output).toContain("glaux: nothing was removed\n");
    expect(output).not.toContain("Removing");
    expect(contentOf(join(home, "buckets"))).toEqual(before);
    expect(existsSync(join(home, "glaux.db"))).toBe(true);
    expect(existsSync(join(home, "run/reset"))).toBe(false);
  });

  test("while it waits no service starts, and none is taken for one that runs", async () => {
    used();
    const asked = glauxAtTerminal(envOf(), ["reset"]);
    await asked.shown(question);
    const serve = await runGlaux(envOf({ GLAUX_LISTEN: "127.0.0.1:0" }), ["serve"]);
    expect(serve.code).toBe(1);
    expect(serve.stderr).toMatch(
      /^glaux: `glaux reset` \(process \d+\) is at work on this data folder\. Wait for its end, /,
    );
    expect((await runGlaux(envOf(), ["stop"])).stderr).toContain("no Glaux service runs on");
    expect((await reset(["--yes"])).stderr).toMatch(/^glaux: `glaux reset` \(process \d+\) is at work/);
    asked.type("no\n");
    expect((await asked.end).code).toBe(1);
    await service.start();
  });
});

describe("while it removes", () => {
  /** Makes so many objects that the reset is still at work when it is stopped. */
  const fill = () => {
    for (let folder = 0; folder < 100; folder++) {
      mkdirSync(join(home, `buckets/sales/${String(folder)}`));
      for (let file = 0; file < 150; file++)
        writeFileSync(join(home, `buckets/sales/${String(folder)}/${String(file)}`), "");
    }
  };
  /**
   * Stops a reset in the middle: the database, which is removed first, is gone, but some objects of the
   * bucket are left.
   */
  const begun = async () => {
    const running = startGlaux(envOf(), ["reset", "--yes"]);
    await running.printed("Removing");
    // A busy loop, because the moment to stop the reset is short.
    const until = Date.now() + 60_000;
    while (existsSync(join(home, "glaux.db")) && Date.now() < until);
    running.kill("SIGSTOP");
    expect(existsSync(join(home, "glaux.db"))).toBe(false);
    expect(readdirSync(join(home, "buckets/sales")).length).toBeGreaterThan(0);
    return running;
  };

  test("what cannot be removed is named, all else goes, and it can be repeated", async () => {
    used();
    // A path longer than the system's limit. Only a shell can make and remove it, step by step.
    const bucket = join(home, "buckets/deep");
    const name = "d".repeat(200);
    spawnSync("sh", [
      "-c",
      `mkdir "$0" && cd "$0" && for i in $(seq 25); do mkdir ${name} && cd ${name}; done`,
      bucket,
    ]);
    const first = await reset(["--yes"]);
    expect(first.code).toBe(1);
    expect(first.stderr).toMatch(/^glaux: not everything could be removed:\n {2}ENAMETOOLONG: .*buckets\/deep/);
    expect(first.stderr).toContain(`→ mend that, and repeat: GLAUX_HOME=${home} npx glaux reset\n`);
    expect(readdirSync(home).sort()).toEqual(["buckets", "run"]);
    spawnSync("rm", ["-r", bucket]);
    expect((await reset(["--yes"])).code).toBe(0);
    expect(namesIn(home)).toEqual(emptied);
  });

  test("no service starts", async () => {
    used();
    fill();
    const running = await begun();
    const serve = await runGlaux(envOf({ GLAUX_LISTEN: "127.0.0.1:0" }), ["serve"]);
    expect(serve.stderr).toMatch(new RegExp(`^glaux: \`glaux reset\` \\(process ${String(running.pid)}\\) is at work`));
    running.kill("SIGCONT");
    expect((await running.end).code).toBe(0);
    expect(namesIn(home)).toEqual(emptied);
  });

  test.each(["SIGKILL", "SIGTERM"] as const)("%s leaves a folder that a reset goes on with", async (signal) => {
    used();
    fill();
    const running = await begun();
    running.kill(signal);
    running.kill("SIGCONT");
    const { code, stderr } = await running.end;
    expect(code).toBe(signal === "SIGKILL" ? null : 143);
    expect(stderr).toContain(signal === "SIGKILL" ? "" : `→ GLAUX_HOME=${home} npx glaux reset removes the rest\n`);
    expect(existsSync(join(home, "buckets/sales"))).toBe(true);
    const again = await reset(["--yes"]);
    expect(again.code).toBe(0);
    expect(again.stdout).toContain("An earlier reset was interrupted; this one goes on with it.\n");
    expect(namesIn(home)).toEqual(emptied);
  });

  test("a service that starts on what was left begins with an empty database, and it can be reset again", async () => {
    used();
    fill();
    const running = await begun();
    running.kill("SIGKILL");
    await running.end;
    await service.start();
    expect(await runGlaux(service.server.env, ["sessions"])).toMatchObject({ stdout: "No session is active.\n" });
    await service.server.stop();
    expect((await reset(["--yes"])).code).toBe(0);
    expect(namesIn(home)).toEqual(emptied);
  });
});
