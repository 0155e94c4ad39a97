import { invalidArgument } from "./errors.ts";

export interface ListParameters {
  prefix: string;
  /** Undefined: no grouping. */
  delimiter: string | undefined;
  maxKeys: number;
  encoding: "url" | undefined;
  /** Applied to whatever in the answer may hold a key. */
  encode: (text: string) => string;
}

const maxKeysOfPage = 1000;

/** What both versions of the list have in common. */
export function listParameters(query: URLSearchParams): ListParameters {
  const encoding = query.get("encoding-type") ?? undefined;
  if (encoding !== undefined && encoding !== "url")
    throw invalidArgument("Invalid Encoding Method specified in Request", "encoding-type", encoding);
  const delimiter = query.get("delimiter") ?? undefined;
  const asked = integerIn(query, "max-keys", { least: 0, most: 2 ** 31 - 1 }) ?? maxKeysOfPage;
  return {
    prefix: query.get("prefix") ?? "",
    delimiter: delimiter === "" ? undefined : delimiter,
    maxKeys: Math.min(asked, maxKeysOfPage),
    encoding,
    // Slashes stay, as S3 leaves them. A space is %20, which every decoder understands; S3's "+" is not.
    encode: encoding ? (text) => encodeURIComponent(text).replaceAll("%2F", "/") : (text) => text,
  };
}

/** Undefined if the request does not say. */
export function integerIn(
  query: URLSearchParams,
  name: string,
  { least, most }: { least: number; most: number },
): number | undefined {
  const text = query.get(name);
  if (text === null || text === "") return undefined;
  const value = /^\d{1,10}$/.test(text) ? Number(text) : NaN;
  if (value >= least && value <= most) return value;
  throw invalidArgument(`Provided ${name} not an integer or within integer range`, name, text);
}
