import { chmodSync, chownSync, lstatSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { makePrivateFolder } from "./private-folder.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "glaux-private-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

test("makes it, and is content with what it made", async () => {
  const path = join(folder, "run/d");
  await makePrivateFolder(path);
  await makePrivateFolder(path);
  expect(lstatSync(path).mode & 0o777).toBe(0o700);
});

test("refuses one that others can enter, and a link to a folder", async () => {
  const open = join(folder, "open");
  mkdirSync(open);
  chmodSync(open, 0o711);
  await expect(makePrivateFolder(open)).rejects.toThrow("mode 0700");
  chmodSync(open, 0o700);
  symlinkSync(open, join(folder, "link"));
  await expect(makePrivateFolder(join(folder, "link"))).rejects.toThrow("mode 0700");
});

test("refuses a file", async () => {
  writeFileSync(join(folder, "file"), "");
  await expect(makePrivateFolder(join(folder, "file"))).rejects.toThrow();
});

// Only root can give a folder away.
test.runIf(process.getuid?.() === 0)("refuses one of another user", async () => {
  const theirs = join(folder, "theirs");
  mkdirSync(theirs, { mode: 0o700 });
  chownSync(theirs, 12_345, 12_345);
  await expect(makePrivateFolder(theirs)).rejects.toThrow("must be a folder of this user");
});
