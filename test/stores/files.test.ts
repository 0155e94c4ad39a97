import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { FolderInUse, lockFolder, lockHolder } from "../../src/store/folder-lock.ts";
import { openStore } from "../../src/store/store.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "glaux-store-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

test("nobody else can read the database, nor what SQLite keeps beside it, whatever the umask", async () => {
  const umask = process.umask(0);
  try {
    const path = join(folder, "glaux.db");
    const store = await openStore(path);
    const modes = ["", "-wal", "-shm"].map((suffix) => statSync(path + suffix).mode & 0o777);
    await store.close();
    expect(modes).toEqual([0o600, 0o600, 0o600]);
  } finally {
    process.umask(umask);
  }
});

test("one server at a time; the next one when the first has let go", () => {
  {
    using _first = lockFolder(folder);
    expect(() => lockFolder(folder)).toThrow(FolderInUse);
    expect(() => lockFolder(folder)).toThrow(String(process.pid));
  }
  lockFolder(folder)[Symbol.dispose]();
});

test("whoever holds the lock is found, and nobody when it was let go", () => {
  expect(lockHolder(folder)).toBeUndefined();
  {
    using _held = lockFolder(folder);
    expect(lockHolder(folder)).toBe(process.pid);
  }
  expect(lockHolder(folder)).toBeUndefined(); // though the pid file still names this process
  writeFileSync(join(folder, "server.pid"), "nonsense\n");
  expect(lockHolder(folder)).toBeUndefined();
});

test("a command that holds the lock is named, and not taken for a server", () => {
  using _held = lockFolder(folder, { command: "glaux reset" });
  expect(() => lockFolder(folder)).toThrow(FolderInUse);
  expect(() => lockFolder(folder)).toThrow(
    `\`glaux reset\` (process ${String(process.pid)}) is at work on this data folder. Wait for its end, or set GLAUX_HOME to another folder.`,
  );
  expect(lockHolder(folder)).toBeUndefined();
});

test("a lock file that is broken is not taken for another server", () => {
  writeFileSync(join(folder, "server.lock"), "no database ".repeat(100));
  expect(() => lockFolder(folder)).toThrow("file is not a database");
  expect(() => lockFolder(folder)).not.toThrow(FolderInUse);
});
