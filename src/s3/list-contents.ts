import type { ListPage } from "../objects/list-objects.ts";
import { wholeSeconds } from "./conditions.ts";
import type { Elements } from "./xml.ts";

/** The elements for the objects and the common prefixes of a page. */
export function listContents(page: ListPage, encode: (text: string) => string, owner: Elements | undefined): Elements {
  return {
    Contents: page.objects.map(({ key, modifiedAt, etag, size }) => ({
      Key: encode(key),
      LastModified: new Date(wholeSeconds(modifiedAt)).toISOString(),
      ETag: etag,
      Size: size,
      Owner: owner,
      StorageClass: "STANDARD",
    })),
    CommonPrefixes: page.commonPrefixes.map((prefix) => ({ Prefix: encode(prefix) })),
  };
}
