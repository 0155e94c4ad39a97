import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { fileTail } from "./file-tail.ts";

let folder: string;
let log: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "glaux-tail-"));
  log = join(folder, "a.log");
});
afterEach(() => rmSync(folder, { recursive: true }));

test("the last whole lines that fit", async () => {
  expect(await fileTail(log)).toBe("");
  writeFileSync(log, "one\ntwo\nthree\n");
  expect(await fileTail(log)).toBe("one\ntwo\nthree");
  expect(await fileTail(log, 10)).toBe("three");
});

test("where the log has just begun anew, those of the one that was put aside come first", async () => {
  writeFileSync(log, "one\ntwo\nthree\n");
  renameSync(log, `${log}.1`);
  expect(await fileTail(log)).toBe("one\ntwo\nthree");
  writeFileSync(log, "four\n");
  expect(await fileTail(log)).toBe("one\ntwo\nthree\nfour");
  expect(await fileTail(log, 12)).toBe("three\nfour");
  expect(await fileTail(log, 5)).toBe("four");
});
