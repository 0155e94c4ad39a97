// A damaged database is reported with instructions, and is left exactly as it is.
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { DatabaseDamaged, requireNotEmptied } from "../../src/store/damage.ts";
import { openStore } from "../../src/store/store.ts";

let folder: string;
let path: string;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "glaux-damage-"));
  path = join(folder, "glaux.db");
  await (await openStore(path)).close();
});
afterEach(() => rmSync(folder, { recursive: true }));

const damages: Record<string, () => void> = {
  "no database at all": () => writeFileSync(path, "no database ".repeat(1000)),
  "a header of nonsense": () => overwrite(0, 100),
  "a page of nonsense in the middle": () => overwrite(5 * 4096, 4096),
  "a table's root page of nonsense": () => overwrite(4096, 4096),
  "cut short": () => truncateSync(path, 3 * 4096 + 17),
};

test.each(Object.keys(damages))("%s", async (name) => {
  damages[name]?.();
  const before = readFileSync(path);
  const opened = openStore(path).then(
    (store) => store.close().then(() => "opened"),
    (error: unknown) => error,
  );
  const error = await opened;
  expect(error).toBeInstanceOf(DatabaseDamaged);
  expect(String(error)).toContain(`the database ${path} is damaged`);
  expect(String(error)).toContain(`move ${path}, ${path}-wal and ${path}-shm away`);
  expect(readFileSync(path).equals(before)).toBe(true);
});

test("one that has lost all its content is not taken for a new one where sessions have been", () => {
  const drivers = join(folder, "drivers");
  writeFileSync(path, "");
  expect(() => requireNotEmptied(path, drivers)).not.toThrow();
  mkdirSync(join(drivers, "d-1"), { recursive: true });
  expect(() => requireNotEmptied(path, drivers)).toThrow(`the database ${path} is damaged (it is empty)`);
  rmSync(path);
  // the user has moved the file away to begin with a new database
  expect(() => requireNotEmptied(path, drivers)).not.toThrow();
});

test("a whole one opens again, a copy too", async () => {
  copyFileSync(path, `${path}.copy`);
  for (const file of [path, `${path}.copy`]) await (await openStore(file)).close();
});

function overwrite(at: number, bytes: number): void {
  const content = readFileSync(path);
  content.fill(0xa5, at, at + bytes);
  writeFileSync(path, content);
}
