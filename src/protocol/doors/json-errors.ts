import { AwsError, internalServer } from "../exceptions.ts";
import { renderError } from "../render.ts";
import type { Door, DoorAnswer } from "./door.ts";

/** Errors in the words of the AWS JSON protocol. */
export const jsonErrors: Pick<Door, "refusal" | "failure"> = {
  refusal: (error) => (error instanceof AwsError ? rendered(error) : undefined),
  failure: ({ requestId }) => rendered(internalServer(requestId)),
};

function rendered(error: AwsError): DoorAnswer {
  return { answer: renderError(error), errorType: error.type };
}
