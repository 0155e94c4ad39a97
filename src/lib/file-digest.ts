import { createHash, hash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { pipeline } from "node:stream/promises";

/**
 * Up to this size a file is read at once, which costs less than a stream. There may be thousands of such
 * files.
 */
const smallBytes = 4 << 20;

/** The SHA-256 of a file's content, in hexadecimal. */
export async function fileDigest(file: string, signal?: AbortSignal): Promise<string> {
  const { size } = await stat(file);
  if (size <= smallBytes) return hash("sha256", await readFile(file, { signal }));
  const digest = createHash("sha256");
  await pipeline(createReadStream(file, { highWaterMark: 1 << 20 }), digest, { ...(signal ? { signal } : {}) });
  return digest.digest("hex");
}
