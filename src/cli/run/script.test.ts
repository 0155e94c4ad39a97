import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { readScript } from "./script.ts";

const folder = mkdtempSync(join(tmpdir(), "glaux-script-"));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, content: string | Uint8Array): string {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
}

test("a file is run as it is, without the byte order mark of some editors", async () => {
  const path = file("héllo.py", "\ufeffprint('é')\n");
  expect(await readScript(path, undefined)).toEqual({ code: "print('é')\n", name: "héllo.py" });
});

test("as many characters as Athena takes, not one more; a character beyond 16 bits is one", async () => {
  expect((await readScript(undefined, "😀".repeat(68_000))).name).toBe("-c");
  await expect(readScript(file("big.py", "x".repeat(68_001)), undefined)).rejects.toThrow(
    /big\.py has 68,001 characters.*68,000/,
  );
});

test.each([
  ["a missing file", () => join(folder, "none.py"), /none\.py: there is no such file/],
  ["a folder", () => folder, /is a folder/],
  ["a file that is no text", () => file("x.pyc", new Uint8Array([0xff, 0xfe, 0xd8])), /x\.pyc is no text in UTF-8/],
])("%s is named", async (_, path, message) => {
  await expect(readScript(path(), undefined)).rejects.toThrow(message);
});

test.each([
  [undefined, undefined],
  ["file.py", "code"],
])("file %s with code %s is a wrong command line", async (path, code) => {
  await expect(readScript(path, code)).rejects.toMatchObject({ exitCode: 2 });
});
