import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { platformRefusal } from "../../bin/run-node.mjs";
import { staleReason } from "../../scripts/packages.mjs";

let checkout: string;

beforeEach(() => {
  checkout = mkdtempSync(join(tmpdir(), "glaux-packages-"));
  mkdirSync(join(checkout, "node_modules"));
  lock("package-lock.json", { "": {}, "node_modules/a": { version: "1.0.0" } });
});

afterEach(() => rmSync(checkout, { recursive: true }));

test("packages that agree with the lock file are left alone", () => {
  lock("node_modules/.package-lock.json", { "node_modules/a": { version: "1.0.0" } });
  expect(staleReason(checkout)).toBeUndefined();
});

test("another platform's optional packages are not missed", () => {
  lock("package-lock.json", {
    "node_modules/a": { version: "1.0.0" },
    "node_modules/b": { version: "1", optional: true },
  });
  lock("node_modules/.package-lock.json", { "node_modules/a": { version: "1.0.0" } });
  expect(staleReason(checkout)).toBeUndefined();
});

test("an installation that did not finish, an old one and an incomplete one are stale", () => {
  expect(staleReason(checkout)).toBe("none are installed");
  lock("node_modules/.package-lock.json", { "node_modules/a": { version: "0.9.0" } });
  expect(staleReason(checkout)).toBe("a 1.0.0 is not installed");
  lock("node_modules/.package-lock.json", {});
  expect(staleReason(checkout)).toBe("a 1.0.0 is not installed");
});

test("only Linux on x64 and arm64 is supported, and a refusal says what to use", () => {
  expect(platformRefusal("linux", "x64")).toBeUndefined();
  expect(platformRefusal("linux", "arm64")).toBeUndefined();
  expect(platformRefusal("linux", "ia32")).toContain("x64 or arm64");
  expect(platformRefusal("darwin", "arm64")).toContain("macOS is not supported");
  expect(platformRefusal("win32", "x64")).toContain("WSL2");
});

function lock(path: string, packages: Record<string, object>): void {
  writeFileSync(join(checkout, path), JSON.stringify({ packages }));
}
