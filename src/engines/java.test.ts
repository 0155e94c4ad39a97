import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { planJava } from "./install-java.ts";
import { findJava, libjvm } from "./java.ts";
import { engineSpecs } from "./specs.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "glaux-java-"));
});
afterEach(() => rm(folder, { recursive: true }));

async function makeHome(name: string, version: string): Promise<string> {
  const home = join(folder, name);
  await mkdir(join(home, "bin"), { recursive: true });
  await mkdir(join(libjvm(home), ".."), { recursive: true });
  await writeFile(join(home, "bin/java"), "", { mode: 0o755 });
  await writeFile(libjvm(home), "");
  await writeFile(join(home, "release"), `IMPLEMENTOR="Any"\nJAVA_VERSION="${version}"\n`);
  return home;
}

test("JAVA_HOME wins if the engine runs on it", async () => {
  const named = await makeHome("named", "21.0.4");
  await makeHome("jvm/better", "25.0.3");
  const env = { JAVA_HOME: named };
  expect(await findJava(engineSpecs["4"], env, join(folder, "jvm"))).toEqual({ home: named, version: "21.0.4" });
});

test("else the best of PATH and the system's folder, whatever else is there", async () => {
  const named = await makeHome("named", "11.0.2");
  const old = await makeHome("old", "17.0.15");
  const best = await makeHome("jvm/best", "25.0.3");
  await makeHome("jvm/broken-release", "25.0.1");
  await mkdir(join(folder, "jvm/empty"));
  await mkdir(join(folder, "bin"));
  await symlink(join(old, "bin/java"), join(folder, "bin/java"));
  const env = { JAVA_HOME: named, PATH: join(folder, "bin") };
  expect((await findJava(engineSpecs["4"], env, join(folder, "jvm")))?.home).toBe(best);
  expect((await findJava(engineSpecs["3.5"], env, join(folder, "jvm")))?.home).toBe(old);
});

test("a shim on the PATH is asked where it leads", async () => {
  const home = await makeHome("real", "17.0.15");
  await mkdir(join(folder, "shims/bin"), { recursive: true });
  const shim = `#!/bin/sh\necho "    java.home = ${home}" >&2\n`;
  await writeFile(join(folder, "shims/bin/java"), shim, { mode: 0o755 });
  const found = await findJava(engineSpecs["3.5"], { PATH: join(folder, "shims/bin") }, join(folder, "none"));
  expect(found).toEqual({ home, version: "17.0.15" });
});

test("where no Java can be had, the error comes before any download and says what to install", async () => {
  const plan = (architecture: string) => planJava(engineSpecs["3.5"], { PATH: "" }, join(folder, "none"), architecture);
  expect(await plan("x64")).toBeUndefined();
  await expect(plan("arm64")).rejects.toThrow(/needs Java 17; none was found[^]*apt install openjdk-17-jre-headless/);
});

test("nothing that will do", async () => {
  await makeHome("jvm/21", "21.0.4");
  expect(await findJava(engineSpecs["3.5"], { PATH: "" }, join(folder, "jvm"))).toBeUndefined();
});

test("a shim that does not answer is passed over", async () => {
  await mkdir(join(folder, "bin"));
  await writeFile(join(folder, "bin/java"), "#!/bin/sh\n/bin/sleep 600\n", { mode: 0o755 });
  const home = await makeHome("jvm/17", "17.0.15");
  const env = { PATH: join(folder, "bin") };
  expect((await findJava(engineSpecs["3.5"], env, join(folder, "jvm"), 300))?.home).toBe(home);
});
