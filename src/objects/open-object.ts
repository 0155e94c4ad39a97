import { constants } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { isFolderKey, isHoldable, withoutSlash } from "./keys.ts";
import { infoOf, type ObjectInfo } from "./object-info.ts";
import { ObjectStream } from "./object-stream.ts";
import { openAt, scanFolder } from "./true-path.ts";

/** An object held by one descriptor: what `info` says is about the very bytes that `stream` gives, whoever replaces the file. */
export interface OpenObject {
  readonly info: ObjectInfo;
  /**
   * The whole, or the bytes from `start` to `end` (inclusive, within the size). May be called once, and takes the descriptor
   * with it: the stream's end, error or destruction closes it.
   */
  stream(range?: { start: number; end: number }): Readable;
  /** For whoever does not call `stream`; does nothing after it. */
  close(): Promise<void>;
}

/** Undefined if there is no such object. A folder is one, of size 0, if its key ends in a slash and nothing is in it. */
export async function openObject(bucketPath: string, key: string): Promise<OpenObject | undefined> {
  if (!isHoldable(key)) return undefined;
  const path = join(bucketPath, withoutSlash(key));
  const handle = await openAt(path, isFolderKey(key) ? constants.O_DIRECTORY : 0);
  if (handle === undefined) return undefined;
  try {
    const info = infoOf(key, await handle.stat({ bigint: true }));
    if (info !== undefined && (!isFolderKey(key) || (await isEmptyFolder(path)))) return held(handle, info);
  } catch (error) {
    await handle.close();
    throw error;
  }
  await handle.close();
  return undefined;
}

function held(handle: FileHandle, info: ObjectInfo): OpenObject {
  let isTaken = false;
  return {
    info,
    stream: (range = { start: 0, end: info.size - 1 }) => {
      if (isTaken) throw new Error("An open object can be streamed once");
      isTaken = true;
      return new ObjectStream(handle, range);
    },
    close: async () => {
      if (isTaken) return;
      isTaken = true;
      await handle.close();
    },
  };
}

const isEmptyFolder = async (path: string) => (await scanFolder(path, () => false)) === 0;
