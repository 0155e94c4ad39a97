import { invalidUri } from "./errors.ts";

/**
 * What a path-style request is about. The key is empty if the request is about a bucket, and both are empty
 * if it is about the service.
 */
export interface Target {
  bucket: string;
  key: string;
}

/**
 * Decodes the path once. A plus sign stays a plus sign, an encoded slash becomes a slash, and nothing is
 * normalised. Whether such a key can exist is not decided here. Throws InvalidURI.
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
