import { compareBytes } from "./byte-order.ts";
import { firstNames, holdsKey } from "./folder-names.ts";
import { isFolderKey, isHidden, isHoldable, maxKeyBytes, withoutSlash } from "./keys.ts";

export interface Walk {
  prefix: string;
  /** Undefined or empty means no grouping. */
  delimiter?: string;
  /**
   * Only keys that sort after this key or common prefix are wanted. If it is a common prefix, all keys with
   * this prefix count as listed.
   */
  after: string;
  /** How many names of a folder are held in memory at once. */
  batch: number;
  signal?: AbortSignal;
}

export type Found = { key: string } | { commonPrefix: string };

/**
 * Yields the keys of a bucket in UTF-8 byte order, grouped by the delimiter as S3 does. Leaves out what
 * `isHidden` hides. Reads a folder only when its turn comes, and does not look at the files, so a key may be
 * deleted before the caller looks at it.
 */
export async function* walk(
  bucketPath: string,
  { prefix, delimiter, after, batch, signal }: Walk,
): AsyncGenerator<Found> {
  let lastGroup = groupOf(after) === after ? after : undefined;

  // The folder that holds all keys with the prefix.
  const start = prefix.slice(0, prefix.lastIndexOf("/") + 1);
  if (start === "" || (isHoldable(start) && !isInHidden(start))) yield* folder(start);

  async function* folder(base: string): AsyncGenerator<Found> {
    const path = `${bucketPath}/${base}`.replace(/\/$/, "");
    let behind = "";
    for (;;) {
      const found = await firstNames(path, { behind, limit: batch, accepts: (name) => isWanted(base + name) }, signal);
      if (found === undefined) return;
      if (found.isEmpty && base.startsWith(prefix) && compareBytes(base, after) > 0) yield* reveal(base);
      for (const name of found.names) yield* isFolderKey(name) ? enter(base + name) : reveal(base + name);
      if (found.names.length < batch) return;
      behind = found.names.at(-1) ?? "";
    }
  }

  async function* enter(key: string): AsyncGenerator<Found> {
    const group = groupOf(key);
    if (group === undefined) yield* folder(key);
    else if (group === lastGroup) return;
    else if (after.startsWith(key)) yield* folder(key);
    else if (await holdsKey(`${bucketPath}/${withoutSlash(key)}`, signal)) yield* reveal(key);
  }

  function* reveal(key: string): Generator<Found> {
    const group = groupOf(key);
    if (group === undefined) yield { key };
    else if (group !== lastGroup) {
      lastGroup = group;
      yield { commonPrefix: group };
    }
  }

  /** Whether this key, or for a folder any key in it, may be wanted. */
  function isWanted(key: string): boolean {
    if (!key.startsWith(prefix) || Buffer.byteLength(key) > maxKeyBytes) return false;
    // Without this, a folder whose names are all in one group would be read again for each batch of names.
    if (lastGroup !== undefined && groupOf(key) === lastGroup) return false;
    return compareBytes(key, after) > 0 || (isFolderKey(key) && after.startsWith(key));
  }

  function groupOf(key: string): string | undefined {
    if (!delimiter || !key.startsWith(prefix)) return undefined;
    const at = key.indexOf(delimiter, prefix.length);
    return at < 0 ? undefined : key.slice(0, at + delimiter.length);
  }
}

const isInHidden = (folderKey: string) => folderKey.split("/").some((segment) => isHidden(segment, true));
