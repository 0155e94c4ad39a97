import { invalidArgument } from "./errors.ts";

/**
 * A token that says where a list goes on. It is opaque to clients, but not secret: it holds the last name
 * that the client was given.
 */
export const continuationToken = (last: string) => Buffer.from(version + last).toString("base64url");

/**
 * The name that the request's token holds; undefined if the request has no token. Throws InvalidArgument for
 * a token that was not made here.
 */
export function readContinuationToken(query: URLSearchParams): string | undefined {
  const token = query.get("continuation-token");
  if (token === null) return undefined;
  const text = Buffer.from(token, "base64url").toString();
  if (text.startsWith(version) && continuationToken(text.slice(version.length)) === token)
    return text.slice(version.length);
  throw invalidArgument("The continuation token provided is incorrect", "continuation-token", token);
}

const version = "1:";
