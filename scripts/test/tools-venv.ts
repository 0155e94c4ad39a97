// The test tools' virtual environment, .venv-test, and pytest for the engines' own Pythons.
//
// A finished environment carries the hash of what it was made from. An environment without that stamp is made
// anew, so an interrupted one is never used.
import { createHash } from "node:crypto";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { toolsFolder } from "../../test/support/tools/tools.ts";
import { root, runTool } from "../run-tool.ts";

const requirements = join(root, "test/support/tools/requirements.txt");
const pytestRequirements = join(root, "test/support/tools/pytest.txt");
const needsVenv = "On Debian and Ubuntu: apt-get install python3 python3-venv";

let ready: Promise<void> | undefined;

/**
 * Sets up .venv-test if it is missing or was made from other requirements. It is set up once, however many
 * callers there are.
 */
export function ensureToolsVenv(): Promise<void> {
  return (ready ??= setUp());
}

async function setUp(): Promise<void> {
  const stamp = stampOf(toolsFolder, requirements, pytestRequirements);
  if (stamp.isCurrent()) return;
  const startedAt = Date.now();
  const base = await findPython();
  console.log(`Setting up the test tools in .venv-test with ${base} (about 150 MB, once) …`);
  rmSync(toolsFolder, { recursive: true, force: true });
  await makeVenv(base);
  const python = join(toolsFolder, "bin/python");
  await must(python, ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", requirements]);
  stamp.write();
  console.log(`… test tools ready after ${((Date.now() - startedAt) / 1000).toFixed(1)} s.`);
}

const pytests = new Map<string, Promise<void>>();

/**
 * The folder to put on PYTHONPATH so that pytest runs on this Python. The Python's own environment stays as
 * it is. There is one folder for each version of Python, and it is set up once.
 */
export async function ensurePytestFor(python: string): Promise<string> {
  const version = await must(python, ["-c", "import sys; print('%d.%d' % sys.version_info[:2], end='')"]);
  const folder = join(toolsFolder, `pytest-py${version}`);
  const pytest = pytests.get(folder) ?? setUpPytest(python, folder);
  pytests.set(folder, pytest);
  await pytest;
  return folder;
}

async function setUpPytest(python: string, folder: string): Promise<void> {
  const stamp = stampOf(folder, pytestRequirements);
  if (stamp.isCurrent()) return;
  rmSync(folder, { recursive: true, force: true });
  // Uses the engine's own pip, whose version is pinned: a pip that came with an old Python does not run on a
  // new one.
  const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
  await must(python, [...pip, "--target", folder, "-r", pytestRequirements]);
  stamp.write();
}

async function findPython(): Promise<string> {
  for (const name of ["python3", "python3.14", "python3.13", "python3.12", "python3.11", "python3.10", "python3.9"]) {
    const { code, output } = await runTool(name, ["-c", "import sys; print(sys.version_info >= (3, 9), end='')"]);
    if (code === 0 && output === "True") return name;
  }
  throw new Error(`The test tools need Python 3.9 or later, and none is on the PATH. ${needsVenv}`);
}

async function makeVenv(python: string): Promise<void> {
  const made = await runTool(python, ["-m", "venv", toolsFolder]);
  if (made.code === 0) return;
  // Debian has ensurepip in a package of its own. If it is missing, an installed pip can install into an
  // environment that has none.
  rmSync(toolsFolder, { recursive: true, force: true });
  const bare = await runTool(python, ["-m", "venv", "--without-pip", toolsFolder]);
  const target = join(toolsFolder, "bin/python");
  if (bare.code === 0 && (await runTool(python, ["-m", "pip", "--python", target, "install", "pip"])).code === 0)
    return;
  throw new Error(`${python} -m venv failed:\n${made.output}${needsVenv}`);
}

async function must(command: string, args: readonly string[]): Promise<string> {
  const { code, output } = await runTool(command, args);
  if (code !== 0) throw new Error(`${command} ${args.join(" ")} failed:\n${output}`);
  return output;
}

/** The hash of what a folder was made from: the content of these files. */
export function stampOf(folder: string, ...files: readonly string[]) {
  const path = join(folder, ".made-from");
  const hash = createHash("sha256");
  for (const file of files) hash.update(readFileSync(file));
  const wanted = hash.digest("hex");
  return {
    isCurrent: () => existsSync(path) && readFileSync(path, "utf8") === wanted,
    write: () => writeFileSync(path, wanted),
  };
}
