import {
  idempotentParameterMismatch,
  invalidRequest,
  resourceNotFound,
  sessionAlreadyExists,
  tooManyRequests,
  type AwsError,
} from "../protocol/exceptions.ts";
import type { AthenaHandler, Call } from "../protocol/types.ts";
import { Refusal } from "../domain/refusal.ts";
import type { ServedOperation, Shapes } from "./shapes.generated.ts";

/**
 * Makes a handler for one operation. The name only selects the types, and tells the reader which operation it
 * is. The handler turns a Refusal of a use case into an exception of the API.
 */
export function operation<Name extends ServedOperation>(
  _name: Name,
  serve: (input: Shapes[Name]["input"], call: Call) => Promise<Shapes[Name]["output"]>,
): AthenaHandler {
  return async (input: Shapes[Name]["input"], call) => {
    try {
      return await serve(input, call);
    } catch (error) {
      throw error instanceof Refusal ? exceptionOf(error) : error;
    }
  };
}

function exceptionOf(refusal: Refusal): AwsError {
  switch (refusal.kind) {
    case "invalid":
      return invalidRequest(refusal.message);
    case "tokenMismatch":
      return idempotentParameterMismatch();
    case "tooMany":
      return tooManyRequests(refusal.message);
    case "sessionExists":
      return sessionAlreadyExists(refusal.message);
    case "notFound":
      return resourceNotFound(refusal.message, refusal.resourceName ?? "");
  }
}
