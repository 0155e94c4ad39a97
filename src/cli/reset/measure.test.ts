import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { measure } from "./measure.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "glaux-measure-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const never = () => false;

test("files at any depth, more than are looked at together", async () => {
  for (const name of ["a", "b/c"]) {
    mkdirSync(join(folder, name), { recursive: true });
    for (let i = 0; i < 150; i++) writeFileSync(join(folder, name, String(i)), "1234567890");
  }
  expect(await measure(folder, never)).toEqual({ files: 300, bytes: 3_000, isWhole: true });
});

test("what lies behind links does not count, not even if the folder is one", async () => {
  mkdirSync(join(folder, "outside"));
  writeFileSync(join(folder, "outside/file"), "1234567890");
  mkdirSync(join(folder, "inside"));
  symlinkSync("../outside", join(folder, "inside/link"));
  symlinkSync("outside", join(folder, "link"));
  expect(await measure(join(folder, "inside"), never)).toMatchObject({ files: 1, isWhole: true });
  expect(await measure(join(folder, "link"), never)).toEqual({ files: 0, bytes: 0, isWhole: true });
});

test("it ends when it is late, with what it has seen", async () => {
  for (let i = 0; i < 1_000; i++) writeFileSync(join(folder, String(i)), "1");
  let looks = 0;
  const { files, bytes, isWhole } = await measure(folder, () => ++looks > 3);
  expect(isWhole).toBe(false);
  expect(files).toBeGreaterThan(0);
  expect(files).toBeLessThan(1_000);
  expect(bytes).toBe(files);
});

test("a folder that is not there", async () => {
  expect(await measure(join(folder, "none"), never)).toEqual({ files: 0, bytes: 0, isWhole: true });
});
