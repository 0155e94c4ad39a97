import { randomBytes, randomInt } from "node:crypto";
import { mkdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { createPrivateFile } from "./private-file.ts";

/** What the service needs to know of a key. Temporary keys will carry more. */
export interface Key {
  accessKeyId: string;
  secretAccessKey: string;
  principalArn: string;
}

export interface Keys {
  /** The key that is written into the AWS profile. */
  primary: Key;
  findKey: (accessKeyId: string) => Key | undefined;
}

export interface KeysOptions {
  /** The data folder. */
  home: string;
  /** A file of keys that somebody else keeps, to be read instead of the data folder's. */
  credentialsFile?: string | undefined;
  accountId: string;
  partition: string;
}

interface StoredKey {
  accessKeyId: string;
  secretAccessKey: string;
  userName: string;
}

/**
 * Reads `<home>/credentials`. If the file is missing, makes it with one random key pair. If several servers
 * start at once on a new folder, one of them makes the file and the others read it. A file that
 * `credentialsFile` names is only read.
 *
 * Throws an error that names the command which helps, if others may read the data folder's file, if the named
 * file cannot be read, or if a file is damaged. Keys that clients hold are never silently replaced.
 */
export async function openKeys({ home, credentialsFile, accountId, partition }: KeysOptions): Promise<Keys> {
  const path = credentialsFile ?? join(home, "credentials");
  await mkdir(home, { recursive: true, mode: 0o700 });
  const stored =
    credentialsFile === undefined
      ? ((await readKeys(path)) ?? (await createKeys(path)))
      : await readGivenKeys(credentialsFile);
  const keys = stored.map(({ userName, ...pair }) => ({
    ...pair,
    principalArn: `arn:${partition}:iam::${accountId}:user/${userName}`,
  }));
  const [primary] = keys;
  if (primary === undefined) throw damaged(path, "it holds no key");
  const byId = new Map(keys.map((key) => [key.accessKeyId, key]));
  return { primary, findKey: (accessKeyId) => byId.get(accessKeyId) };
}

async function readKeys(path: string): Promise<StoredKey[] | undefined> {
  let text: string;
  try {
    const { mode } = await stat(path);
    if ((mode & 0o077) !== 0) {
      throw new Error(
        `Others may read the keys in ${path} (mode ${(mode & 0o777).toString(8)}). Fix: chmod 600 '${path}'`,
      );
    }
    text = await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  return parseKeys(path, text);
}

/**
 * Reads the file whatever its mode is: a container's secrets are readable by all who are inside, and belong
 * to somebody else.
 */
async function readGivenKeys(path: string): Promise<StoredKey[]> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    throw new Error(
      `The keys in ${path}, which GLAUX_CREDENTIALS_FILE names, cannot be read (${code}). Put the file there, readable by user ${String(process.getuid?.())}, or unset GLAUX_CREDENTIALS_FILE to have keys made in the data folder`,
      { cause: error },
    );
  }
  return parseKeys(path, text);
}

function parseKeys(path: string, text: string): StoredKey[] {
  let file: unknown;
  try {
    file = JSON.parse(text);
  } catch {
    throw damaged(path, "it is not JSON");
  }
  const keys = (file as { keys?: unknown } | null)?.keys;
  if (!Array.isArray(keys) || !keys.every(isStoredKey)) {
    throw damaged(path, "each of its keys needs accessKeyId, secretAccessKey and userName");
  }
  return keys;
}

function isStoredKey(value: unknown): value is StoredKey {
  const key = value as Partial<Record<keyof StoredKey, unknown>> | null;
  return [key?.accessKeyId, key?.secretAccessKey, key?.userName].every(
    (part) => typeof part === "string" && part !== "",
  );
}

function damaged(path: string, what: string): Error {
  return new Error(
    `The keys in ${path} cannot be used: ${what}. Mend it, or, if the service has made it, move it away to have new keys made: mv '${path}' '${path}.old'`,
  );
}

async function createKeys(path: string): Promise<StoredKey[]> {
  const keys: StoredKey[] = [{ ...randomPair(), userName: "admin" }];
  if (await createPrivateFile(path, `${JSON.stringify({ keys }, null, 2)}\n`)) return keys;
  return (await readKeys(path)) ?? createKeys(path);
}

/**
 * A key pair shaped like AWS's, so that tools which check the shape accept it. It cannot be mistaken for a
 * key of AWS, whose ids begin with A.
 */
export function randomPair(): { accessKeyId: string; secretAccessKey: string } {
  const base32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const id = Array.from({ length: 16 }, () => base32.charAt(randomInt(base32.length))).join("");
  return { accessKeyId: `GLAX${id}`, secretAccessKey: randomBytes(30).toString("base64") };
}
