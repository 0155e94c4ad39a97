import { execFileSync } from "node:child_process";
import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { logFile } from "../lib/growing-log.ts";
import { copyGrowth, copyLog } from "./copy-growth.ts";

let folder: string;
let source: string;
let target: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "glaux-growth-"));
  [source, target] = [join(folder, "source"), join(folder, "target")];
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});
const copyCurrent = async () => {
  const part = await logFile(source).open("current");
  try {
    await copyGrowth(part, target);
  } finally {
    await part?.close();
  }
};
const copied = () => readFileSync(target, "utf8");

test("what grows is followed, and only what came is written", async () => {
  writeFileSync(source, "one\n");
  await copyCurrent();
  expect(copied()).toBe("one\n");
  expect(statSync(target).mode & 0o777).toBe(0o600);
  const written = statSync(target, { bigint: true });
  await copyCurrent();
  expect(statSync(target, { bigint: true }).mtimeNs).toBe(written.mtimeNs);
  appendFileSync(source, "two\n");
  await copyCurrent();
  expect(copied()).toBe("one\ntwo\n");
  expect(statSync(target).ino).toBe(Number(written.ino));
});

test("a copy that was cut short goes on where it ended", async () => {
  const text = Array.from({ length: 300_000 }, (_, n) => `line ${String(n)}\n`).join("");
  writeFileSync(source, text);
  writeFileSync(target, text.slice(0, 1_234_567));
  await copyCurrent();
  expect(copied() === text).toBe(true);
});

test("an object that was deleted comes back whole; one that somebody made longer is replaced", async () => {
  writeFileSync(source, "log");
  await copyCurrent();
  rmSync(target);
  await copyCurrent();
  expect(copied()).toBe("log");
  writeFileSync(target, "something longer");
  await copyCurrent();
  expect(copied()).toBe("log");
});

test("a log that was put aside goes on from its new beginning, even where it is longer by now", async () => {
  writeFileSync(source, "one\n");
  await copyLog(logFile(source), target);
  expect(existsSync(`${target}.1`)).toBe(false);
  const putAside = (text: string, at: number) => {
    writeFileSync(`${source}.1`, text);
    utimesSync(`${source}.1`, at, at);
  };
  const soon = Date.now() / 1000 + 10;
  putAside("one\n", soon);
  writeFileSync(source, "two, and more\n");
  await copyLog(logFile(source), target);
  expect([copied(), readFileSync(`${target}.1`, "utf8")]).toEqual(["two, and more\n", "one\n"]);
  utimesSync(`${target}.1`, soon, soon);
  appendFileSync(source, "grown\n");
  await copyLog(logFile(source), target);
  expect([copied(), readFileSync(`${target}.1`, "utf8")]).toEqual(["two, and more\ngrown\n", "one\n"]);
  putAside("two, and more\ngrown\n", soon + 10);
  writeFileSync(source, "");
  await copyLog(logFile(source), target);
  expect([copied(), readFileSync(`${target}.1`, "utf8")]).toEqual(["", "two, and more\ngrown\n"]);
});

test("an empty log is an object, a missing one is none", async () => {
  await copyCurrent();
  expect(() => copied()).toThrow("ENOENT");
  writeFileSync(source, "");
  await copyCurrent();
  expect(copied()).toBe("");
});

test("a link or a pipe where the object should be is not followed, nor waited for", async () => {
  writeFileSync(source, "log");
  writeFileSync(join(folder, "other"), "");
  symlinkSync(join(folder, "other"), target);
  await expect(copyCurrent()).rejects.toThrow("ELOOP");
  expect(readFileSync(join(folder, "other"), "utf8")).toBe("");
  rmSync(target);
  execFileSync("mkfifo", [target]);
  await expect(copyCurrent()).rejects.toThrow("Something else than a file");
});
