import { invalidArgument } from "./errors.ts";

export interface ListParameters {
  prefix: string;
  /** Undefined if keys are not to be grouped. */
  delimiter: string | undefined;
  maxKeys: number;
  encoding: "url" | undefined;
  /** Encodes any text of the answer that may hold a key. */
  encode: (text: string) => string;
}

const maxKeysOfPage = 1000;

/** The parameters that both versions of the list have in common. Throws InvalidArgument. */
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
    // Slashes are not encoded, as at S3. A space becomes %20, which every decoder understands; not every
    // decoder understands the "+" that S3 sends.
    encode: encoding ? (text) => encodeURIComponent(text).replaceAll("%2F", "/") : (text) => text,
  };
}

/**
 * The parameter's value; undefined if the request does not set it. Throws InvalidArgument for anything but an
 * integer from `least` to `most`.
 */
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
