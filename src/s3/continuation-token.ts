import { invalidArgument } from "./errors.ts";

/** Says where a list goes on. Opaque to clients and not secret: it holds the last key that they were given. */
export const continuationToken = (last: string) => Buffer.from(version + last).toString("base64url");

/** Undefined if the request has none. Throws InvalidArgument for what was not made here. */
export function readContinuationToken(query: URLSearchParams): string | undefined {
  const token = query.get("continuation-token");
  if (token === null) return undefined;
  const text = Buffer.from(token, "base64url").toString();
  if (text.startsWith(version) && continuationToken(text.slice(version.length)) === token)
    return text.slice(version.length);
  throw invalidArgument("The continuation token provided is incorrect", "continuation-token", token);
}

const version = "1:";
