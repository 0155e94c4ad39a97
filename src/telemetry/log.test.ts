import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openLog } from "./log.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "glaux-log-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

test("lines go to the file, one JSON object each", () => {
  const file = join(folder, "deep", "glaux.log");
  openLog({ logLevel: "info", logFile: file }).info({ sessionId: "s" }, "hello");
  expect(JSON.parse(readFileSync(file, "utf8"))).toMatchObject({ level: 30, sessionId: "s", msg: "hello" });
});

// The kernel's /dev/full answers every write with ENOSPC.
test.skipIf(!existsSync("/dev/full"))("a full disk takes no line and throws nothing, however often", () => {
  const log = openLog({ logLevel: "info", logFile: "/dev/full" });
  for (let line = 0; line < 3; line++) {
    expect(() => log.info(`line ${String(line)}`)).not.toThrow();
  }
});
