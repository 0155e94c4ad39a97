import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { rotatingFile } from "./rotating-file.ts";

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "glaux-rotating-"));
  file = join(folder, "glaux.log");
});
afterEach(() => {
  chmodSync(folder, 0o700);
  rmSync(folder, { recursive: true });
});

const open = (change: { maxBytes?: number; olderFiles?: number } = {}) =>
  rotatingFile({ file, maxBytes: 100, olderFiles: 2, keptBytes: 1_000, ...change });
const read = (suffix = "") => readFileSync(`${file}${suffix}`, "utf8");
const line = (n: number) => `${String(n).padStart(39, "0")}\n`; // 40 bytes: two fit

test("no file grows beyond the limit, and only the youngest are kept, each line whole and once", () => {
  const log = open();
  for (let n = 1; n <= 9; n++) log.write(line(n));
  expect(read()).toBe(line(9));
  expect(read(".1")).toBe(line(7) + line(8));
  expect(read(".2")).toBe(line(5) + line(6));
  expect(readdirSync(folder).sort()).toEqual(["glaux.log", "glaux.log.1", "glaux.log.2"]);
});

test("what an earlier service wrote counts", () => {
  open().write(line(1) + line(2));
  const log = open();
  log.write(line(3));
  expect(read()).toBe(line(3));
  expect(read(".1")).toBe(line(1) + line(2));
});

test("the limit is of bytes, and a line that is larger than it has a file of its own", () => {
  const log = open();
  log.write(`${"ü".repeat(40)}\n`); // 81 bytes
  log.write(line(1));
  log.write("x".repeat(300));
  log.write(line(2));
  expect(read(".2")).toBe(line(1));
  expect(read(".1")).toBe("x".repeat(300));
  expect(read()).toBe(line(2));
});

test("without a limit it grows", () => {
  const log = open({ maxBytes: 0 });
  for (let n = 1; n <= 9; n++) log.write(line(n));
  expect(readdirSync(folder)).toEqual(["glaux.log"]);
  expect(read()).toHaveLength(360);
});

test("when somebody else has moved it, `reopen` goes on at the old path", () => {
  const log = open();
  log.write(line(1));
  renameSync(file, `${file}.moved`);
  log.write(line(2)); // not lost, but still in the old file
  log.reopen();
  log.write(line(3));
  expect(read(".moved")).toBe(line(1) + line(2));
  expect(read()).toBe(line(3));
});

test("where it cannot be put aside, it goes on growing, and lines are not lost", () => {
  const log = open({ olderFiles: 1 });
  mkdirSync(`${file}.1/in-the-way`, { recursive: true });
  for (let n = 1; n <= 5; n++) log.write(line(n));
  expect(read()).toBe([1, 2, 3, 4, 5].map(line).join(""));
  rmSync(`${file}.1`, { recursive: true });
  for (let n = 6; n <= 7; n++) log.write(line(n));
  expect(existsSync(`${file}.1`)).toBe(true);
  expect(read(".1") + read()).toBe([1, 2, 3, 4, 5, 6, 7].map(line).join(""));
});
