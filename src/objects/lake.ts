import { mkdir } from "node:fs/promises";
import { parseS3Uri, type Buckets } from "./buckets.ts";

/** `s3://` URIs as paths in the buckets' folders. */
export function openLake(buckets: Pick<Buckets, "ensure" | "pathOf">) {
  return {
    /** Makes the folder of a URI, with its bucket if that is missing, and answers its absolute path. */
    async makeFolder(uri: string): Promise<string> {
      const bucket = parseS3Uri(uri)?.bucket;
      if (bucket !== undefined) await buckets.ensure(bucket);
      const path = buckets.pathOf(uri);
      await mkdir(path, { recursive: true, mode: 0o700 });
      return path;
    },
    pathOf: (uri: string) => buckets.pathOf(uri),
  };
}
