import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openStore } from "../../src/store/store.ts";
import { readSummary } from "../../src/store/summary.ts";
import { earlierVersions, makeEarlierFolder } from "../upgrade/earlier-folder.ts";

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "glaux-summary ?#%-"));
  file = join(folder, "glaux.db");
});
afterEach(() => rmSync(folder, { recursive: true }));

test.each(earlierVersions)("a database of %s is read, and neither changed nor joined by other files", (version) => {
  makeEarlierFolder(folder, version).kill("SIGKILL");
  const before = readFileSync(file);
  const names = readdirSync(folder);
  const count = (table: string) => {
    const db = new DatabaseSync(file, { readOnly: true });
    const { n } = db.prepare(`select count(*) as n from ${table}`).get() ?? {};
    db.close();
    return n;
  };
  const summary = readSummary(file);
  expect(readdirSync(folder)).toEqual(names);
  expect(readFileSync(file)).toEqual(before);
  expect(summary).toEqual({
    nodeId: expect.any(String) as string,
    sessions: count("sessions"),
    calculations: count("calculations"),
    notebooks: version === "0001-first-light" ? 0 : count("notebooks"),
    workGroups: count("work_groups"),
  });
  expect(summary?.sessions).toBeGreaterThan(0);
});

test("also while a server has it open, and as one leaves it that is killed", async () => {
  const store = await openStore(file);
  const expected = { nodeId: store.nodeId, sessions: 0, calculations: 0, notebooks: 0, workGroups: 0 };
  expect(readSummary(file)).toEqual(expected);
  const killed = join(folder, "killed.db");
  for (const suffix of ["", "-wal"]) copyFileSync(`${file}${suffix}`, `${killed}${suffix}`);
  await store.close();
  expect(readSummary(killed)).toEqual(expected);
});

test("nothing of a file that is missing, empty, cut, none of SQLite's or not Glaux's", async () => {
  expect(readSummary(file)).toBeUndefined();
  expect(readdirSync(folder)).toEqual([]);
  writeFileSync(file, "");
  expect(readSummary(file)).toBeUndefined();
  writeFileSync(file, "no database ".repeat(100));
  expect(readSummary(file)).toBeUndefined();
  rmSync(file);
  await (await openStore(file)).close();
  truncateSync(file, 1_000);
  expect(readSummary(file)).toBeUndefined();
  const other = join(folder, "other.db");
  const db = new DatabaseSync(other);
  db.exec("create table node (name text)");
  db.close();
  expect(readSummary(other)).toBeUndefined();
});
