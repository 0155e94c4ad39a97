// Which engine AUTO stands for, on machines with the Pythons that the test gives them.
import { mkdirSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { defaultEngineOf } from "../../src/cli/default-engine.ts";
import { ensureEngine } from "../../src/cli/ensure-engine.ts";
import { welcome } from "../../src/cli/welcome.ts";
import { readConfig } from "../../src/config/config.ts";
import { NoPython } from "../../src/engines/errors.ts";
import { makeFakeEngines } from "../support/fake-engine.ts";

let folder: string;
let env: Record<string, string>;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "glaux-default-"));
  env = { GLAUX_HOME: folder, GLAUX_PYTHON_DOWNLOADS: "never", PATH: "/usr/bin:/bin" };
});
afterEach(() => rm(folder, { recursive: true }));

/** A folder with an interpreter that says it is of this version. */
function python(minor: number): string[] {
  const bin = join(folder, `python-${String(minor)}`);
  const said = { path: join(bin, "python3"), version: `3.${String(minor)}.0`, minor, implementation: "CPython" };
  const answer = JSON.stringify({ ...said, bits: 64, venv: true, hasEnsurepip: true, hasPip: true });
  mkdirSync(bin);
  writeFileSync(join(bin, "python3"), `#!/bin/sh\necho '${answer}'\n`, { mode: 0o755 });
  return [bin];
}

/**
 * Runs `ensureEngine`. Returns what the terminal showed, and the engine or the error. It is ended before
 * anything is downloaded.
 */
async function ensured(pythonFolders: readonly string[]) {
  let shown = "";
  const controller = new AbortController();
  const write = (text: string) => {
    shown += text;
    if (text.includes("Installing the Spark engine 4")) controller.abort(new Error("seen enough"));
    return true;
  };
  const terminal = { write, isTTY: false, columns: 80 };
  const options = { terminal, signal: controller.signal, pythonFolders };
  const engine = await ensureEngine(readConfig(env), env, options).catch((error: unknown) => error);
  return { shown, engine };
}

describe("which engine there is to be", () => {
  test.each<[string, { installed: ("3.5" | "4")[]; minor: number; set?: string; expected: string }]>([
    ["nothing is installed", { installed: [], minor: 13, expected: "3.5" }],
    ["only 4, and no Python for 3.5", { installed: ["4"], minor: 13, expected: "4" }],
    ["only 4, and a Python for 3.5", { installed: ["4"], minor: 12, expected: "3.5" }],
    ["both, and no Python any more", { installed: ["3.5", "4"], minor: 13, expected: "3.5" }],
    ["3.5 is asked for", { installed: ["4"], minor: 13, set: "3.5", expected: "3.5" }],
    ["4 is asked for", { installed: ["3.5"], minor: 11, set: "4", expected: "4" }],
  ])("%s", async (_, { installed, minor, set, expected }) => {
    for (const id of installed) makeFakeEngines(join(folder, "engines"), id);
    const config = readConfig({ ...env, ...(set === undefined ? {} : { GLAUX_DEFAULT_ENGINE: set }) });
    expect(await defaultEngineOf(config, env, python(minor))).toBe(expected);
  });
});

describe("on a machine without a Python for Spark 3.5", () => {
  test("engine 4 takes its place, and the terminal says why", async () => {
    const { shown } = await ensured(python(13));
    expect(shown).toMatch(/^Spark 3\.5\.7 needs Python 3\.9 to 3\.12; found:\n.*version 3\.13\.0$/m);
    expect(shown).toContain("\nSo engine 4 takes its place.\nInstalling the Spark engine 4 into ");
  });

  test("it is taken at once if it is installed, and the welcome says what it lacks", async () => {
    makeFakeEngines(join(folder, "engines"), "4");
    const { shown, engine } = await ensured(python(13));
    expect(shown).not.toContain("3.5");
    const text = welcome(readConfig(env), env, "http://127.0.0.1:1", engine as Parameters<typeof welcome>[3]);
    expect(text).toMatch(
      /^ {2}Spark 4\S+, .*\n {2}It runs instead of Spark 3\.5\.7, for which there is no Python here; engine 4 has no Iceberg and no Delta\.$/m,
    );
  });

  test("which no engine runs on, the error is the default engine's", async () => {
    const { shown, engine } = await ensured(python(20));
    expect(engine).toBeInstanceOf(NoPython);
    expect(String(engine)).toContain("Spark 3.5.7 needs Python 3.9 to 3.12");
    expect(shown).not.toContain("takes its place");
  });

  test("and with engine 3.5 asked for, nothing takes its place", async () => {
    env["GLAUX_DEFAULT_ENGINE"] = "3.5";
    const { shown, engine } = await ensured(python(13));
    expect(engine).toBeInstanceOf(NoPython);
    expect(shown).not.toContain("takes its place");
  });
});

test("the welcome says nothing of it where the default engine runs", async () => {
  makeFakeEngines(join(folder, "engines"));
  const { engine } = await ensured(python(11));
  const text = welcome(readConfig(env), env, "http://127.0.0.1:1", engine as Parameters<typeof welcome>[3]);
  expect(text).toMatch(/^ {2}Spark 3\.5\.7, .*\n {2}Data folder/m);
});
