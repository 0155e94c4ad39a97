// The data folder as a part of the service that is opened alone.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Config, readConfig } from "../../src/config/config.ts";
import { openData } from "../../src/service/data.ts";
import { FolderInUse, lockFolder } from "../../src/store/folder-lock.ts";

let home: string;
let config: Config;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "glaux-data-"));
  config = readConfig({ GLAUX_HOME: home });
});
afterEach(() => rmSync(home, { recursive: true }));

test("nobody else has it while it is open, and the next one may when it is closed", async () => {
  {
    await using data = await openData(config, Date.now);
    await expect(openData(config, Date.now)).rejects.toThrow(FolderInUse);
    expect(await data.store.sessions.inStates(["IDLE"])).toEqual([]);
  }
  await using again = await openData(config, Date.now);
  expect(again.defaultOutputLocation).toBe("s3://glaux-000000000000/");
});

test("one that cannot be opened is given free again", async () => {
  writeFileSync(join(home, "glaux.db"), "this is no database, and never was one; ".repeat(200));
  await expect(openData(config, Date.now)).rejects.toThrow();
  using _lock = lockFolder(config.paths.run);
});
