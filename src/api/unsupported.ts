import { invalidRequest } from "../protocol/exceptions.ts";
import type { AthenaHandler } from "../protocol/types.ts";
import { unsupportedOperations, type UnsupportedOperation } from "./shapes.generated.ts";

export function unsupportedHandlers(): Record<UnsupportedOperation, AthenaHandler> {
  const handlers = unsupportedOperations.map((name) => [name, refuse(name)]);
  return Object.fromEntries(handlers) as Record<UnsupportedOperation, AthenaHandler>;
}

function refuse(name: UnsupportedOperation): AthenaHandler {
  return () =>
    Promise.reject(
      invalidRequest(
        `${name} is not supported by this server, which serves Athena for Apache Spark. See docs/operations.md.`,
      ),
    );
}
