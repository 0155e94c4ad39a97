// An archive's packages: downloaded once, and then installed without an index.
import { mkdir, mkdtemp, open, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { engineSpecs, packPaths } from "../../src/engines/engines.ts";
import { installContext } from "../../src/engines/install-context.ts";
import { downloadLock, installLock, makeVenv } from "../../src/engines/packages.ts";
import { findPython } from "../../src/engines/python.ts";

test("what a lock file names is downloaded, and installed from the files alone", { timeout: 120_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), "glaux-packages-"));
  await using lock = await open(join(folder, "lock"), "w");
  const { signal } = new AbortController();
  const python = await findPython(engineSpecs["3.5"], { env: process.env });
  const common = { signal, progress: () => undefined };
  const online = installContext({ ...common, build: join(folder, "online"), env: process.env }, lock.fd);
  await mkdir(online.build);
  await makeVenv(online, python);
  await installLock(online, "bootstrap.txt");
  const packages = join(folder, packPaths.packages);
  await downloadLock(online, "bootstrap.txt", packages);
  expect((await readdir(packages)).map((name) => name.split("-")[0]).sort()).toEqual([
    "packaging",
    "pip",
    "setuptools",
    "wheel",
  ]);

  const env = { ...process.env, PIP_INDEX_URL: "http://127.0.0.1:9/", PIP_NO_CACHE_DIR: "1" };
  const offline = (pack: boolean) => {
    const manifest = { format: 1 as const, version: "0.0.0", engines: [], files: [] };
    const build = join(folder, `offline-${String(pack)}`);
    return installContext({ ...common, build, env, pack: pack ? { folder, manifest } : undefined }, lock.fd);
  };
  for (const context of [offline(true), offline(false)]) await makeVenv(context, python);
  await installLock(offline(true), "bootstrap.txt");
  const version = await offline(true).run(join(folder, "offline-true/venv/bin/pip"), ["--version"]);
  expect(version.stdout).toMatch(/^pip 26\./);
  await expect(installLock(offline(false), "bootstrap.txt")).rejects.toThrow("the package index cannot be reached");
  await rm(folder, { recursive: true });
});
