import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { npmClosure } from "./npm-closure.ts";

let base: string;
beforeEach(() => (base = mkdtempSync(join(tmpdir(), "glaux-closure-"))));
afterEach(() => {
  rmSync(base, { recursive: true });
});

function put(path: string, manifest: object): void {
  mkdirSync(join(base, path), { recursive: true });
  writeFileSync(join(base, path, "package.json"), JSON.stringify(manifest));
}

const closure = async (root: string): Promise<string[]> =>
  (await npmClosure(join(base, root), base)).map((folder) => relative(base, folder));

test("each package is the one that Node would load: the nearest", async () => {
  put(".", { dependencies: { a: "1", b: "1" }, devDependencies: { typescript: "5" } });
  put("node_modules/a", { dependencies: { c: "2", "@scope/d": "1" } });
  put("node_modules/a/node_modules/c", {});
  put("node_modules/b", { dependencies: { c: "1", a: "1" } });
  put("node_modules/c", {});
  put("node_modules/@scope/d", {});
  put("node_modules/typescript", {});
  expect(await closure(".")).toEqual([
    "node_modules/@scope/d",
    "node_modules/a",
    "node_modules/a/node_modules/c",
    "node_modules/b",
    "node_modules/c",
  ]);
});

test("of an installed package, those beside it count, and those above the installation do not", async () => {
  put("inner/node_modules/glaux", { dependencies: { a: "1" } });
  put("node_modules/a", {});
  const inner = join(base, "inner");
  const found = npmClosure(join(inner, "node_modules/glaux"), inner);
  await expect(found).rejects.toThrow(`the npm package a, which ${inner}/node_modules/glaux needs, is not in`);
  put("inner/node_modules/a", {});
  expect(await npmClosure(join(inner, "node_modules/glaux"), inner)).toEqual([join(inner, "node_modules/a")]);
});

test("an optional package may be missing", async () => {
  put(".", { dependencies: { a: "1" }, optionalDependencies: { a: "1", b: "1" } });
  put("node_modules/a", {});
  expect(await closure(".")).toEqual(["node_modules/a"]);
  rmSync(join(base, "node_modules/a"), { recursive: true });
  put(".", { dependencies: { a: "1" } });
  await expect(closure(".")).rejects.toThrow("the npm package a");
});
