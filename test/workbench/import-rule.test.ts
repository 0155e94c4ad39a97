// Plants forbidden imports in a small checkout and sees that the check finds each of them.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { forbiddenImports } from "../../scripts/check/imports.ts";

let checkout: string;

beforeEach(() => {
  checkout = mkdtempSync(join(tmpdir(), "glaux-imports-"));
  write("package.json", '{ "type": "module" }');
  write("tsconfig.json", "{}");
  write("src/lib/clock.ts", "export const now = 1;");
  write("src/domain/idle.ts", importing("../lib/clock.ts"));
  write("src/store/types.ts", "export interface Store { idle: number }");
  write("src/store/store.ts", importing("../domain/idle.ts"));
  write(
    "src/sessions/start.ts",
    'import type { Store } from "../store/types.ts"; export let store: Store | undefined;',
  );
  write("src/service/data.ts", importing("../store/store.ts"));
  write("src/service.ts", importing("./service/data.ts"));
  write("src/cli/main.ts", importing("../service.ts"));
  write("test/support/support.ts", importing("../../src/service.ts"));
});

afterEach(() => rmSync(checkout, { recursive: true }));

test("imports that go the right way are let through", async () => {
  expect(await forbiddenImports(checkout, ["src", "test"])).toEqual([]);
});

test("each planted import is refused, with the reason", async () => {
  const planted = [
    ["src/domain/a.ts", "../store/store.ts", "src/domain may import lib"],
    ["src/lib/a.ts", "../domain/idle.ts", "src/lib may import no other folder"],
    ["src/sessions/a.ts", "../store/store.ts", "of store, drivers"],
    ["src/api/a.ts", "../store/store.ts", "src/api may import"],
    ["src/protocol/a.ts", "../domain/idle.ts", "src/protocol may import"],
    ["src/novelty/a.ts", "../lib/clock.ts", "needs its line"],
    ["src/sessions/b.ts", "../service.ts", "only cli"],
    ["src/sessions/c.ts", "../service/data.ts", "src/sessions may import"],
    ["src/service/a.ts", "../cli/main.ts", "src/service may import"],
    ["src/store/a.ts", "./absent.ts", "does not exist"],
    ["src/store/b.ts", "../../test/support/support.ts", "nothing of test/"],
    ["test/contract/a.ts", "../../src/lib/clock.ts", "may not import src/"],
  ] as const;
  for (const [file, imported] of planted) write(file, importing(imported));

  const found = await forbiddenImports(checkout, ["src", "test"]);

  for (const [file, imported, why] of planted) {
    const line = found.find((one) => one.startsWith(`${file} →`) && one.includes(why));
    expect(line, `${file} importing ${imported}, of ${found.join("\n")}`).toBeDefined();
  }
});

test("a cycle is refused, even one of types", async () => {
  write("src/lib/a.ts", 'import { b } from "./b.ts"; export const a = b;');
  write("src/lib/b.ts", 'import type { a } from "./a.ts"; export let b: typeof a;');
  const found = await forbiddenImports(checkout, ["src"]);
  expect(found.join("\n")).toContain("no import may lead back to its own file");
});

test("a check that looked at nothing is no success", async () => {
  mkdirSync(join(checkout, "empty"));
  await expect(forbiddenImports(checkout, ["empty"])).rejects.toThrow("0 modules");
});

const importing = (path: string) => `import * as imported from "${path}"; export const used = imported;`;

function write(path: string, text: string): void {
  mkdirSync(dirname(join(checkout, path)), { recursive: true });
  writeFileSync(join(checkout, path), text);
}
