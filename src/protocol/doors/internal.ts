import type { Authenticate } from "../exchange.ts";
import type { HttpServerDeps, RawResponse } from "../types.ts";
import type { Door } from "./door.ts";
import { jsonErrors } from "./json-errors.ts";
import { methodLabel } from "./method-label.ts";

/**
 * The door of Glaux's own pages under `/-/`; no bucket can be named `-`. A page that wants to know its caller
 * asks for the caller by itself.
 */
export function internalDoor({ internal }: Pick<HttpServerDeps, "internal">, authenticate: Authenticate): Door {
  return {
    api: "internal",
    requestIdHeader: "x-amzn-requestid",
    bodyLimitBytes: 1024 * 1024,
    isFor: ({ path }) => path.startsWith("/-/"),
    operationOf: methodLabel,
    async answer(exchange) {
      const { method, path } = exchange;
      return (await internal({ method, path, caller: () => authenticate(exchange) })) ?? noSuchPath;
    },
    ...jsonErrors,
  };
}

const noSuchPath: RawResponse = {
  status: 404,
  headers: { "content-type": "application/json" },
  body: JSON.stringify({ message: "There is no such path under /-/." }),
};
