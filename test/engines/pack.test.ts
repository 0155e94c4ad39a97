// An archive's packages: downloaded once, and then installed without an index.
import { hash } from "node:crypto";
import { mkdir, mkdtemp, open, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { engineSpecs, packPaths } from "../../src/engines/engines.ts";
import { installContext } from "../../src/engines/install-context.ts";
import { fetchJars } from "../../src/engines/jars.ts";
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

  // Neither an index nor what pip is told by the machine is asked, and a Python without ensurepip will do.
  const asked: string[] = [];
  const links = createServer((request, response) => {
    asked.push(request.url ?? "");
    response.end();
  });
  await new Promise<void>((resolve) => links.listen(0, "127.0.0.1", resolve));
  const address = `http://127.0.0.1:${String((links.address() as AddressInfo).port)}/`;
  const settings = {
    PIP_INDEX_URL: address,
    PIP_FIND_LINKS: address,
    PIP_ONLY_BINARY: ":none:",
    PIP_NO_CACHE_DIR: "1",
  };
  const manifest = { format: 1 as const, version: "0.0.0", engines: [], files: [] };
  const offline = installContext(
    { ...common, build: join(folder, "offline"), env: { ...process.env, ...settings }, pack: { folder, manifest } },
    lock.fd,
  );
  await makeVenv(offline, { ...python, hasEnsurepip: false, hasPip: false });
  await installLock(offline, "bootstrap.txt");
  const version = await offline.run(join(offline.build, "venv/bin/pip"), ["--version"]);
  expect(version.stdout).toMatch(/^pip 26\./);
  expect(asked).toEqual([]);
  await new Promise((resolve) => links.close(resolve));
  await rm(folder, { recursive: true });
});

test("a jar comes from the archive only if it is the one that is pinned", async () => {
  const folder = await mkdtemp(join(tmpdir(), "glaux-jars-"));
  await using lock = await open(join(folder, "lock"), "w");
  await mkdir(join(folder, packPaths.jars), { recursive: true });
  await writeFile(join(folder, packPaths.jars, "a.jar"), "a jar");
  const manifest = { format: 1 as const, version: "0.0.0", engines: [], files: [] };
  const common = { build: join(folder, "build"), env: process.env, signal: new AbortController().signal };
  const context = installContext({ ...common, progress: () => undefined, pack: { folder, manifest } }, lock.fd);
  const jar = { coordinates: "g:a:1", fileName: "a.jar", sha256: hash("sha256", "a jar") };
  const spark = { java: "/no/java", jars: [] };
  const [path = ""] = await fetchJars(context, [jar], spark);
  expect(await readFile(path, "utf8")).toBe("a jar");
  await writeFile(join(folder, packPaths.jars, "a.jar"), "another");
  await rm(path);
  await expect(fetchJars(context, [jar], spark)).rejects.toThrow("a.jar has the SHA-256 ");
  await rm(folder, { recursive: true });
});
