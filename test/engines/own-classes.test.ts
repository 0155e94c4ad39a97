// The jar of Glaux's own classes, in an engine that another version of Glaux has installed. A script stands
// in for Java and writes what the compiler would.
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { findEngine, listEngines, type InstallStep } from "../../src/engines/engines.ts";
import { ownJarPath } from "../../src/engines/own-jar.ts";
import { makeFakeEngines } from "../support/fake-engine.ts";

let folder: string;
let jar: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "glaux-classes-"));
  makeFakeEngines(folder);
  jar = ownJarPath(join(folder, "3.5/fake"), "3.5");
  rmSync(jar);
  writeFileSync(join(jar, "../glaux-000000000000.jar"), "of another version");
  program("venv/bin/python", 'exec python3 "$@"'); // takes the lock
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

function program(path: string, script: string): void {
  const file = join(folder, "3.5/fake", path);
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
}

const java = (script: string) => {
  program("java/bin/java", script);
};

const compiles = 'while [ "$1" != -d ]; do shift; done; echo classes > "$2"';

test("are compiled when a server starts, once, and sessions that run keep theirs", async () => {
  java(compiles);
  expect(await findEngine(folder, "3.5", { rebuild: false })).toBeUndefined();
  expect((await listEngines(folder)).map(({ installed }) => installed)).toEqual([undefined, undefined]);

  const steps: InstallStep[] = [];
  const engine = await findEngine(folder, "3.5", { progress: ({ step }) => steps.push(step) });
  expect(engine?.jars.at(-1)).toBe(jar);
  expect(steps.filter((step) => step === "classes")).toEqual(["classes", "classes"]); // begin and end
  expect(readdirSync(join(jar, "..")).sort()).toHaveLength(2);

  java("exit 1"); // not called again
  expect((await findEngine(folder, "3.5"))?.jars.at(-1)).toBe(jar);
});

test("that cannot be compiled are an error that says so, and leave nothing half-made", async () => {
  java("echo 'no space left on device' >&2; exit 1");
  // A folder of this name is in the way, and is removed.
  mkdirSync(jar.replace(/\.jar$/, ".new.jar"));
  await expect(findEngine(folder, "3.5")).rejects.toThrow(
    /Glaux's classes for Spark could not be compiled into .*: no space left on device/,
  );
  expect(readdirSync(join(jar, ".."))).toEqual(["glaux-000000000000.jar"]);
  expect(existsSync(jar)).toBe(false);
});

test("of an engine whose folder cannot be written are an error that says what to do", async () => {
  // This Python fails where it would take the lock.
  program("venv/bin/python", "echo 'read-only file system' >&2; exit 1");
  await expect(findEngine(folder, "3.5")).rejects.toThrow(/lacks this version's classes.*read-only file system/s);
});
