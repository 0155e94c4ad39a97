import { lstat } from "node:fs/promises";
import { withoutSlash } from "./keys.ts";
import { infoOf, type ObjectInfo } from "./object-info.ts";
import { orAbsent } from "../lib/or-absent.ts";
import { walk, type Found } from "./walk.ts";

export interface ListQuery {
  prefix: string;
  delimiter?: string;
  /** A key, or the common prefix at the end of the page before. */
  startAfter?: string;
  maxKeys: number;
  signal?: AbortSignal;
}

export interface ListPage {
  objects: ({ key: string } & ObjectInfo)[];
  commonPrefixes: string[];
  isTruncated: boolean;
  /** The `startAfter` of the next page; absent if this is the last page. */
  next?: string;
}

/**
 * One page of objects, in UTF-8 byte order of their keys. A list over several pages is not a snapshot: an
 * object that exists from the first page to the last is listed exactly once, and an object that is added or
 * deleted meanwhile may be listed or not.
 */
export async function listObjects(bucketPath: string, query: ListQuery): Promise<ListPage> {
  const page: ListPage = { objects: [], commonPrefixes: [], isTruncated: false };
  const { maxKeys, startAfter: after = "", ...scope } = query;
  if (maxKeys <= 0) return page;
  let last = "";
  const found = walk(bucketPath, { ...scope, after, batch: namesAtOnce });
  for await (const item of withInfo(bucketPath, found, Math.min(maxKeys + 1, statsAtOnce))) {
    if (page.objects.length + page.commonPrefixes.length === maxKeys) return { ...page, isTruncated: true, next: last };
    last = "key" in item ? item.key : item.commonPrefix;
    if ("key" in item) page.objects.push(item);
    else page.commonPrefixes.push(item.commonPrefix);
  }
  return page;
}

const namesAtOnce = 1001;
const statsAtOnce = 128;

type Described = { commonPrefix: string } | ({ key: string } & ObjectInfo);

/**
 * Adds the info of each object, several files at once, and leaves out objects that were deleted meanwhile.
 */
async function* withInfo(bucketPath: string, found: AsyncGenerator<Found>, chunk: number): AsyncGenerator<Described> {
  let items: Promise<Described | undefined>[] = [];
  for await (const item of found) {
    if (items.push(describe(bucketPath, item)) < chunk) continue;
    yield* present(await Promise.all(items));
    items = [];
  }
  yield* present(await Promise.all(items));
}

async function describe(bucketPath: string, item: Found): Promise<Described | undefined> {
  if ("commonPrefix" in item) return item;
  const stats = await orAbsent(lstat(`${bucketPath}/${withoutSlash(item.key)}`, { bigint: true }));
  const info = stats && infoOf(item.key, stats);
  return info && { key: item.key, ...info };
}

const present = <T>(items: (T | undefined)[]): T[] => items.filter((item) => item !== undefined);
