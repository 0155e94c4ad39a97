import { invalidUri } from "./errors.ts";

/** What a path-style request is about; the key is empty where it is about the bucket, both where it is about the service. */
export interface Target {
  bucket: string;
  key: string;
}

/**
 * Decodes the path, once. A plus sign is itself, an encoded slash is one, and nothing is normalised: whether there can be such
 * a key is not decided here.
 */
export function targetOf(path: string): Target {
  const rest = path.slice(1);
  const slash = rest.indexOf("/");
  const [bucket, key] = slash < 0 ? [rest, ""] : [rest.slice(0, slash), rest.slice(slash + 1)];
  return { bucket: decode(bucket), key: decode(key) };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw invalidUri();
  }
}
