import { invalidArgument } from "./errors.ts";

/**
 * The headers of the answer that the query of a URL, presigned or not, sets:
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
 */
export function overridesOf(query: URLSearchParams): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const name of overridable) {
    const parameter = `response-${name}`;
    const value = query.get(parameter);
    if (value === null) continue;
    if (!/^[\t\x20-\x7e\xa0-\xff]*$/.test(value))
      throw invalidArgument("Header value cannot be represented using ISO-8859-1.", parameter, value);
    headers[name] = value;
  }
  return headers;
}

const overridable = [
  "cache-control",
  "content-disposition",
  "content-encoding",
  "content-language",
  "content-type",
  "expires",
];
