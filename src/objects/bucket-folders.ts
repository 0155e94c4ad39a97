import { join } from "node:path";
import type { GrowingLog } from "../lib/growing-log.ts";
import { makeFolder as makeLocalFolder } from "../lib/make-folder.ts";
import { parseS3Uri, type Buckets } from "./buckets.ts";
import { copyLog } from "./copy-growth.ts";
import type { OpenObject } from "./open-object.ts";

/** A key as long as those that the service puts below an output location: two ids and a name. */
const longestOutputKey = `${"-".repeat(36)}/${"-".repeat(36)}/results`;

/** Access to the buckets' files and folders by `s3://` URIs. */
export function openBucketFolders(buckets: Pick<Buckets, "ensure" | "pathOf" | "open">) {
  const makeFolder = async (uri: string): Promise<string> => {
    const bucket = parseS3Uri(uri)?.bucket;
    if (bucket !== undefined) await buckets.ensure(bucket);
    const path = buckets.pathOf(uri);
    await makeLocalFolder(path, { mode: 0o700 });
    return path;
  };
  return {
    /** Makes the folder of a URI, and its bucket if that is missing. Returns the folder's absolute path. */
    makeFolder,
    /**
     * Brings two objects in the folder of a URI up to date with a log: `name` with its present content, and
     * `<name>.1` with the content that was put aside from it.
     */
    async follow(uri: string, name: string, log: GrowingLog): Promise<void> {
      await copyLog(log, join(await makeFolder(uri), name));
    },
    pathOf: (uri: string) => buckets.pathOf(uri),
    /**
     * Whether a bucket can hold output below a URI. False if the URI is not an S3 URI, or if a file tree
     * cannot hold its key.
     */
    canHold(uri: string): boolean {
      try {
        buckets.pathOf(`${uri}/${longestOutputKey}`);
        return true;
      } catch {
        return false;
      }
    },
    /**
     * Opens the object at a URI; the caller must stream or close it. Undefined if there is no such object, or
     * if the URI is not an S3 URI.
     */
    async open(uri: string): Promise<OpenObject | undefined> {
      const parts = parseS3Uri(uri);
      return parts && buckets.open(parts.bucket, parts.key);
    },
  };
}
