import { constants } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { isFolderKey, isHoldable, withoutSlash } from "./keys.ts";
import { infoOf, type ObjectInfo } from "./object-info.ts";
import { ObjectStream } from "./object-stream.ts";
import { openAt, scanFolder } from "./true-path.ts";

/**
 * An object behind one open descriptor. `info` describes the same bytes that `stream` reads, even if the file
 * is replaced meanwhile.
 */
export interface OpenObject {
  readonly info: ObjectInfo;
  /**
   * The whole object, or its bytes from `start` to `end` (inclusive, within the size). May be called once.
   * The stream then owns the descriptor, and closes it when it ends, fails or is destroyed.
   */
  stream(range?: { start: number; end: number }): Readable;
  /** Closes the descriptor if `stream` was not called, else does nothing. */
  close(): Promise<void>;
}

/** Undefined if there is no such object. An empty folder is an object of size 0 whose key ends in a slash. */
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
