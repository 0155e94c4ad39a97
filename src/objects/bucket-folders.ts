import { join } from "node:path";
import type { GrowingLog } from "../lib/growing-log.ts";
import { makeFolder as makeLocalFolder } from "../lib/make-folder.ts";
import { parseS3Uri, type Buckets } from "./buckets.ts";
import { copyLog } from "./copy-growth.ts";
import type { OpenObject } from "./open-object.ts";

/** As long as what the service puts below an output location: two ids and a name. */
const longestOutputKey = `${"-".repeat(36)}/${"-".repeat(36)}/results`;

/** `s3://` URIs as paths in the buckets' folders. */
export function openBucketFolders(buckets: Pick<Buckets, "ensure" | "pathOf" | "open">) {
  const makeFolder = async (uri: string): Promise<string> => {
    const bucket = parseS3Uri(uri)?.bucket;
    if (bucket !== undefined) await buckets.ensure(bucket);
    const path = buckets.pathOf(uri);
    await makeLocalFolder(path, { mode: 0o700 });
    return path;
  };
  return {
    /** Makes the folder of a URI, with its bucket if that is missing, and answers its absolute path. */
    makeFolder,
    /** Makes the objects `name` and `<name>.1` in the folder of a URI hold what the log holds now, and what of it was put aside. */
    async follow(uri: string, name: string, log: GrowingLog): Promise<void> {
      await copyLog(log, join(await makeFolder(uri), name));
    },
    pathOf: (uri: string) => buckets.pathOf(uri),
    /** False for a URI that no bucket can have a folder for: not S3's form, or a key that a file tree cannot hold. */
    canHold(uri: string): boolean {
      try {
        buckets.pathOf(`${uri}/${longestOutputKey}`);
        return true;
      } catch {
        return false;
      }
    },
    /** The object at a URI, to be streamed or closed; undefined if there is none, or if it is no such URI. */
    async open(uri: string): Promise<OpenObject | undefined> {
      const parts = parseS3Uri(uri);
      return parts && buckets.open(parts.bucket, parts.key);
    },
  };
}
