import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openKeys, randomPair } from "./keys.ts";

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "glaux-keys-"));
});
afterEach(() => rm(home, { recursive: true }));

const open = (folder = home) => openKeys({ home: folder, accountId: "000000000000", partition: "aws" });
const path = () => join(home, "credentials");

test("a new folder gets one random key pair, in a file for its owner alone", async () => {
  const { primary, findKey } = await open(join(home, "deep", "er"));
  expect(primary.accessKeyId).toMatch(/^GLAX[A-Z2-7]{16}$/);
  expect(primary.secretAccessKey).toHaveLength(40);
  expect(primary.principalArn).toBe("arn:aws:iam::000000000000:user/admin");
  expect(findKey(primary.accessKeyId)).toEqual(primary);
  expect(findKey("constructor")).toBeUndefined();
  const { mode } = await stat(join(home, "deep", "er", "credentials"));
  expect(mode & 0o777).toBe(0o600);
  expect((await stat(join(home, "deep", "er"))).mode & 0o777).toBe(0o700);
});

test("the next start finds the same key, and nothing else lies about", async () => {
  const { primary } = await open();
  expect((await open()).primary).toEqual(primary);
  expect(await readdir(home)).toEqual(["credentials"]);
});

test("of several servers that start at once one makes the key", async () => {
  const all = await Promise.all(Array.from({ length: 10 }, () => open()));
  expect(new Set(all.map(({ primary }) => primary.accessKeyId)).size).toBe(1);
  expect(await readdir(home)).toEqual(["credentials"]);
});

test("pairs differ", () => {
  const pairs = Array.from({ length: 100 }, randomPair);
  expect(new Set(pairs.map((pair) => pair.accessKeyId)).size).toBe(100);
  expect(new Set(pairs.map((pair) => pair.secretAccessKey)).size).toBe(100);
});

test.each([0o640, 0o604, 0o644, 0o660])("a file of mode %o is refused with the command that helps", async (mode) => {
  await open();
  await chmod(path(), mode);
  await expect(open()).rejects.toThrow(
    `Others may read the keys in ${path()} (mode ${mode.toString(8)}). Fix: chmod 600 '${path()}'`,
  );
});

describe("a damaged file is refused and kept", () => {
  test.each([
    ["", "it is not JSON"],
    ["{", "it is not JSON"],
    ["null", "each of its keys needs"],
    ["{}", "each of its keys needs"],
    ['{"keys":[]}', "it holds no key"],
    ['{"keys":[{"accessKeyId":"a","secretAccessKey":"","userName":"u"}]}', "each of its keys needs"],
    ['{"keys":[null]}', "each of its keys needs"],
  ])("%j", async (text, why) => {
    await writeFile(path(), text, { mode: 0o600 });
    await expect(open()).rejects.toThrow(why);
    expect(await readFile(path(), "utf8")).toBe(text);
  });
});

test("a file with more keys, as a person may write it", async () => {
  const keys = [
    { accessKeyId: "A", secretAccessKey: "a", userName: "ann" },
    { accessKeyId: "B", secretAccessKey: "b", userName: "bob" },
  ];
  await writeFile(path(), JSON.stringify({ keys }), { mode: 0o600 });
  const { primary, findKey } = await openKeys({ home, accountId: "123456789012", partition: "aws-cn" });
  expect(primary.accessKeyId).toBe("A");
  expect(findKey("B")?.principalArn).toBe("arn:aws-cn:iam::123456789012:user/bob");
});

describe("a file that is given", () => {
  const given = () => join(home, "secret");
  const openGiven = () => openKeys({ home, credentialsFile: given(), accountId: "000000000000", partition: "aws" });
  const keys = [{ accessKeyId: "A", secretAccessKey: "a", userName: "ann" }];

  test("is read, also one that others may read, and the data folder gets none", async () => {
    await writeFile(given(), JSON.stringify({ keys }));
    await chmod(given(), 0o444);
    expect((await openGiven()).primary).toMatchObject({ accessKeyId: "A", secretAccessKey: "a" });
    expect(await readdir(home)).toEqual(["secret"]);
  });

  test("is never made", async () => {
    await expect(openGiven()).rejects.toThrow(
      `The keys in ${given()}, which GLAUX_CREDENTIALS_FILE names, cannot be read (ENOENT).`,
    );
    expect(await readdir(home)).toEqual([]);
  });

  test("is refused if it is damaged", async () => {
    await writeFile(given(), "AKIA…");
    await expect(openGiven()).rejects.toThrow(`The keys in ${given()} cannot be used: it is not JSON. Mend it`);
  });
});
