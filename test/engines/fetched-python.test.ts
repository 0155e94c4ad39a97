// A machine whose only Pythons are of versions that the engine does not take. The mirror and uv's list of
// Pythons are the test's; uv is the real one.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { choosePython, type PythonOptions } from "../../src/engines/choose-python.ts";
import { EngineError } from "../../src/engines/errors.ts";
import { type BasePython, findPython } from "../../src/engines/python.ts";
import { type EngineSpec, engineSpecs } from "../../src/engines/specs.ts";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const upstream = "https://github.com/astral-sh/python-build-standalone/releases/download";
const arch = process.arch === "x64" ? "x86_64" : "aarch64";

let folder: string;
let spec: EngineSpec;
let newer: BasePython | undefined;
let mirror: Server;
const asked: string[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "glaux-fetched-"));
  const fitting = await findPython(engineSpecs["3.5"], { env: process.env });
  spec = { ...engineSpecs["3.5"], pythonMinors: [fitting.minor] };
  newer = await findPython({ ...spec, pythonMinors: [13, 14, 15, 16] }, { env: process.env }).catch(() => undefined);
  const archive = pack(fitting);
  describeToUv(fitting, archive);
  mirror = createServer((request, response) => {
    asked.push(request.url ?? "");
    response.end(archive);
  });
  await new Promise<void>((resolve) => mirror.listen(0, "127.0.0.1", resolve));
});
afterAll(async () => {
  await new Promise((resolve) => mirror.close(resolve));
  await rm(folder, { recursive: true });
});
beforeEach(({ skip }) => {
  if (newer === undefined) skip("not to be had here: a Python that engine 3.5 does not take");
  asked.length = 0;
});

/**
 * Makes an archive like uv's: a folder with an interpreter. Here the interpreter is a script that calls the
 * machine's Python.
 */
function pack({ path, minor }: BasePython): Buffer {
  const name = `python3.${String(minor)}`;
  const [bin, lib] = [join(folder, "python/bin"), join(folder, "python/lib", name)];
  for (const made of [bin, lib]) mkdirSync(made, { recursive: true });
  writeFileSync(join(bin, name), `#!/bin/sh\nexec ${path} "$@"\n`, { mode: 0o755 });
  // uv looks for this file, and knows it by its first line.
  writeFileSync(
    join(lib, `_sysconfigdata__linux_${arch}-linux-gnu.py`),
    "# system configuration generated and used by the sysconfig module\nbuild_time_vars = {}\n",
  );
  const file = join(folder, "python.tar.gz");
  expect(spawnSync("tar", ["-czf", file, "-C", folder, "python"]).status).toBe(0);
  return readFileSync(file);
}

function describeToUv({ minor }: BasePython, archive: Buffer): void {
  const version = `3.${String(minor)}.99`;
  const one = {
    name: "cpython",
    arch: { family: arch, variant: null },
    os: "linux",
    libc: "gnu",
    ...{ major: 3, minor, patch: 99, prerelease: "", variant: null, build: "1" },
    url: `${upstream}/1/cpython-${version}.tar.gz`,
    sha256: createHash("sha256").update(archive).digest("hex"),
  };
  writeFileSync(join(folder, "pythons.json"), JSON.stringify({ [`cpython-${version}-linux-${arch}-gnu`]: one }));
}

/** Chooses a Python on a machine that has the newer Python alone, unless the options say otherwise. */
function choose(engines: string, more: Partial<PythonOptions> & { mirrorPort?: number } = {}): Promise<BasePython> {
  const { mirrorPort = (mirror.address() as AddressInfo).port, ...options } = more;
  return choosePython(join(folder, engines), spec, {
    env: {
      ...process.env,
      UV_PYTHON_DOWNLOADS_JSON_URL: join(folder, "pythons.json"),
      UV_PYTHON_INSTALL_MIRROR: `http://127.0.0.1:${String(mirrorPort)}`,
    },
    signal: new AbortController().signal,
    progress: () => undefined,
    pythonFolders: [dirname(newer?.path ?? "")],
    ...options,
  });
}

const failureOf = (choice: Promise<BasePython>) =>
  choice.then(
    () => undefined,
    (error: unknown) => error as EngineError,
  );

test("a Python that fits is fetched, once, and an older uv goes", async () => {
  mkdirSync(join(folder, "engines/python/uv-00000000/venv"), { recursive: true });
  const found = await choose("engines");
  expect((await readdir(join(folder, "engines/python"))).sort()).toEqual([
    "lock",
    expect.stringMatching(/^uv-(?!00000000)/),
    "versions",
  ]);
  expect(found.minor).toBe(spec.pythonMinors[0]);
  expect(asked).toEqual([expect.stringMatching(/^\/1\/cpython-3\.\d+\.99\.tar\.gz$/)]);
  expect(await choose("engines", { pythonDownloads: "never" })).toEqual(found);
  expect(asked).toHaveLength(1);
});

test("a download that is refused: the error says what was found, what was tried and what to do", async () => {
  const error = await failureOf(choose("refused", { mirrorPort: 9 }));
  expect(error).toBeInstanceOf(EngineError);
  expect(error?.message).toContain(`needs Python 3.`);
  expect(error?.message).toContain(`version ${newer?.version ?? ""}`);
  expect(error?.message).toMatch(/Python 3\.\d+ could not be fetched:\n.*127\.0\.0\.1:9/s);
  expect(error?.fix).toMatch(/^install one with `uv python install/);
});

test("nothing is downloaded where that is forbidden", async () => {
  const error = await failureOf(choose("forbidden", { pythonDownloads: "never" }));
  expect(error?.message).not.toContain("fetched");
  expect(asked).toEqual([]);
  await expect(readdir(join(folder, "forbidden"))).rejects.toThrow("ENOENT");
});

test("where it is asked for, the machine's own is not taken", async () => {
  const { path } = await findPython(spec, { env: process.env });
  const pythonFolders = [dirname(path), dirname(newer?.path ?? "")];
  await choose("own", { pythonFolders });
  expect(asked).toEqual([]);
  await choose("own", { pythonFolders, pythonDownloads: "always" });
  expect(asked).toHaveLength(1);
});
