import type { Exchange } from "./exchange.ts";

export type Route = "athena" | "internal" | "s3";

/** Both services share one URL, and one signed request tells which of them it means. No bucket can be named `-`. */
export function routeOf({ path, rawQuery, headers }: Pick<Exchange, "path" | "rawQuery" | "headers">): Route {
  if (path.startsWith("/-/")) return "internal";
  const isAthena =
    path === "/" &&
    (headers["x-amz-target"] !== undefined ||
      headers["content-type"]?.[0]?.startsWith("application/x-amz-json-1.1") === true ||
      headers.authorization?.[0]?.includes("/athena/aws4_request") === true ||
      /[?&]X-Amz-Credential=[^&]*(?:\/|%2F)athena(?:\/|%2F)/i.test(`?${rawQuery}`));
  return isAthena ? "athena" : "s3";
}
