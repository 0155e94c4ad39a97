// The package that `npm pack` makes, installed into an empty folder as by a user.
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const run = promisify(execFile);
const root = join(import.meta.dirname, "../..");
const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };

const folder = mkdtempSync(join(tmpdir(), "glaux-pack-"));
const installed = join(folder, "node_modules/glaux");
let packed: string[] = [];

// A user's environment. npm's scripts put the checkout's own programs first on the PATH, so they are taken
// off.
const env = { ...process.env, HOME: folder, PATH: withoutNodeModules(process.env["PATH"]) };

beforeAll(async () => {
  const { stdout } = await run("npm", ["pack", "--json", "--pack-destination", folder], { cwd: root, env });
  // The build's output comes before the JSON.
  const [tarball] = JSON.parse(stdout.slice(stdout.search(/^\[$/m))) as [
    { filename: string; files: { path: string }[] },
  ];
  packed = tarball.files.map(({ path }) => path);
  // npm 12 runs the install script that brings the pinned Node's binary only if the project allows it.
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, allowScripts: { node: true } }));
  await run("npm", ["install", "--no-audit", "--no-fund", tarball.filename], { cwd: folder, env });
});

afterAll(() => rmSync(folder, { recursive: true }));

describe("the package", () => {
  test("holds the compiled code and everything that is not compiled, and no sources or tests", () => {
    for (const path of [
      "bin/glaux.mjs",
      "dist/cli/main.js",
      "driver/glaux_driver/__init__.py",
      "deploy/glaux.service",
      "LICENSE",
      "CHANGELOG.md",
    ]) {
      expect(packed).toContain(path);
    }
    expect(packed.filter((path) => /\.test\.|\.ts$|^test\/|__pycache__|\.ipynb_checkpoints/.test(path))).toEqual([]);
  });

  test("holds the programs that a session's PATH has, and they can be run", () => {
    for (const name of ["pip", "pip3", "python", "python3"]) {
      expect(statSync(join(installed, "driver/glaux_driver/packages/bin", name)).mode & 0o111).toBe(0o111);
    }
  });

  test("holds every file that its code names", async () => {
    const code = packed.filter((path) => path.endsWith(".js"));
    const named = code.flatMap((path) => {
      const text = readFileSync(join(installed, path), "utf8");
      const beside = [...text.matchAll(/new URL\((["'`])([^"'`$]+)(?:\$\{\w+\})?\1, import\.meta\.url\)/g)].map(
        ([, , name = ""]) => join(dirname(path), name),
      );
      const below = [...text.matchAll(/join\(packageRoot\(\), "([^"]+)"\)/g)].map(([, name = ""]) => name);
      return [...beside, ...below].map((name) => ({ path, name }));
    });
    expect(named.length).toBeGreaterThan(5);
    expect(named.filter(({ name }) => !existsSync(join(installed, name)))).toEqual([]);

    const { stdout } = await run(
      "git",
      ["ls-files", "src/engines", "examples", "driver/glaux_driver", "driver/spark"],
      { cwd: root },
    );
    const wanted = stdout.split("\n").filter((path) => path !== "" && !path.endsWith(".ts"));
    expect(wanted.length).toBeGreaterThan(0);
    expect(wanted.map((path) => path.replace(/^src/, "dist")).filter((path) => !packed.includes(path))).toEqual([]);
  });

  test("answers `npx glaux --version`", async () => {
    const { stdout } = await run("npx", ["glaux", "--version"], { cwd: folder, env });
    expect(stdout.trim()).toBe(version);
  });

  test("answers `glaux serve --help`, also where another Node is first on the PATH", async () => {
    const { stdout } = await run(process.execPath, [join(installed, "bin/glaux.mjs"), "serve", "--help"], {
      cwd: folder,
      env,
    });
    expect(stdout).toContain("GLAUX_LISTEN");
  });

  test("is what `glaux pack` puts into an archive, and runs from there", async () => {
    const target = join(folder, "offline");
    mkdirSync(target);
    const program = `import { writePack } from ${JSON.stringify(join(installed, "dist/pack/write-pack.js"))};
      const options = { work: ${JSON.stringify(join(target, "work"))}, signal: new AbortController().signal, addEngines: () => Promise.resolve([]) };
      console.log((await writePack(${JSON.stringify(join(target, "glaux.tgz"))}, options)).folder);`;
    const { stdout } = await run(process.execPath, ["--input-type=module", "-e", program], { cwd: folder, env });
    await run("tar", ["-xf", "glaux.tgz"], { cwd: target });
    const glaux = join(target, stdout.trim(), "glaux");
    const said = await run(glaux, ["--version"], { cwd: "/", env: { PATH: "/usr/bin:/bin" } });
    expect(said.stdout.trim()).toBe(version);
    const doctor = await run(glaux, ["doctor"], { env: { PATH: "/usr/bin:/bin", GLAUX_HOME: join(target, "home") } });
    expect(doctor.stdout).toContain(`${glaux} serve`);
  });

  test("finds its uncompiled files from the compiled code", async () => {
    const program = `import { packageRoot } from ${JSON.stringify(join(installed, "dist/lib/package-root.js"))};
      console.log(packageRoot());`;
    const { stdout } = await run(process.execPath, ["--input-type=module", "-e", program], { cwd: folder, env });
    expect(existsSync(join(stdout.trim(), "driver/glaux_driver/__init__.py"))).toBe(true);
    expect(stdout.trim()).toBe(installed);
  });
});

function withoutNodeModules(path = ""): string {
  return path
    .split(":")
    .filter((entry) => !entry.includes("node_modules"))
    .join(":");
}
