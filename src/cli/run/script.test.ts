import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterAll, expect, test } from "vitest";
import { readScript } from "./script.ts";

const folder = mkdtempSync(join(tmpdir(), "glaux-script-"));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, content: string | Uint8Array): string {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
}

const stdin = (...chunks: (string | Uint8Array)[]) => Readable.from(chunks.map((chunk) => Buffer.from(chunk)));

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
  ["a file and code", "file.py", "code", stdin("1")],
  ["neither, at a terminal", undefined, undefined, Object.assign(stdin("1"), { isTTY: true })],
  ["neither, and nothing on standard input", undefined, undefined, stdin()],
])("%s: a wrong command line", async (_, path, code, input) => {
  await expect(readScript(path, code, input)).rejects.toMatchObject({ exitCode: 2 });
});

test.each([undefined, "-"])("with file %s, standard input is run as a file would be", async (path) => {
  const script = { code: "print('é')\n", name: "standard input" };
  expect(await readScript(path, undefined, stdin("\ufeffprint('é')\n"))).toEqual(script);
  await expect(readScript(path, undefined, stdin(new Uint8Array([0x70, 0xff])))).rejects.toThrow(
    "standard input is no text in UTF-8",
  );
});

test("an empty script that was asked for is one", async () => {
  expect((await readScript("-", undefined, stdin())).code).toBe("");
  expect((await readScript(file("empty.py", ""), undefined)).code).toBe("");
});

test("what keeps an input from being read is said", async () => {
  const broken = new Readable({ read: () => undefined });
  broken.destroy(new Error("EIO: i/o error, read"));
  await expect(readScript("-", undefined, broken)).rejects.toThrow(
    "standard input cannot be read: EIO: i/o error, read",
  );
  await expect(readScript(`${folder}/${"x".repeat(300)}`, undefined)).rejects.toThrow(/x cannot be read: ENAMETOOLONG/);
});
