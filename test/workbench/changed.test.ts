import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { changedFiles, reached, reachedBy } from "../../scripts/test/changed.ts";
import { root } from "../../scripts/run-tool.ts";

const isThere = (beginning: string) => {
  const path = join(root, beginning);
  if (beginning.endsWith("/")) return existsSync(path);
  return readdirSync(dirname(path)).some((name) => join(dirname(path), name).startsWith(path));
};

test("the table names files and tests that are there", () => {
  const named = Object.entries(reached).flatMap(([changed, tests]) => [changed, ...tests]);
  expect(named.filter((beginning) => !isThere(beginning))).toEqual([]);
});

test("each part of the server and of the driver is in the table", () => {
  const parts = ["src", "driver/glaux_driver"].flatMap((folder) =>
    readdirSync(join(root, folder), { withFileTypes: true })
      .filter(({ name }) => !/^__|\.test\.ts$/.test(name))
      .map((entry) => `${folder}/${entry.name}${entry.isDirectory() ? "/" : ""}`),
  );
  expect(parts.filter((part) => reachedBy([part]).length === 0)).toEqual([]);
});

test("a Python test that has changed needs no other; what its neighbours share is seen by all", () => {
  const one = "driver/tests/supervisor/test_stop.py";
  expect(reachedBy([one])).toEqual([one]);
  expect(reachedBy([one, "driver/tests/conftest.py"])).toEqual(["driver/tests/"]);
  expect(reachedBy(["docs/pool.md", "README.md"])).toEqual([]);
});

test("files that are changed, staged or new are found, and committed ones since a commit", async () => {
  const folder = mkdtempSync(join(tmpdir(), "glaux-changed-"));
  const git = (...args: string[]) =>
    execFileSync("git", ["-c", "user.name=a", "-c", "user.email=a@b", ...args], { cwd: folder, stdio: "pipe" });
  try {
    git("init", "-q");
    for (const name of ["kept", "changed", "staged"]) writeFileSync(join(folder, name), "");
    git("add", ".");
    git("commit", "-qm", "one");
    git("commit", "-qm", "two", "--allow-empty");
    writeFileSync(join(folder, "changed"), "anew");
    writeFileSync(join(folder, "staged"), "anew");
    git("add", "staged");
    writeFileSync(join(folder, "new"), "");
    expect((await changedFiles("HEAD", folder)).sort()).toEqual(["changed", "new", "staged"]);
    git("commit", "-qam", "three");
    expect((await changedFiles("HEAD", folder)).sort()).toEqual(["new"]);
    expect((await changedFiles("HEAD~1", folder)).sort()).toEqual(["changed", "new", "staged"]);
    await expect(changedFiles("nowhere", folder)).rejects.toThrow(/git diff .* failed:\n.*nowhere/s);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
