// The exception that a client gets when a call fails.
import type { AthenaServiceException } from "@aws-sdk/client-athena";

export interface SeenRefusal {
  /** The class of the exception, such as `InvalidRequestException`. */
  readonly name: string;
  readonly message: string;
  readonly status: number | undefined;
  /** Members that only some exceptions have, such as AthenaErrorCode and ResourceName. */
  readonly members: Readonly<Record<string, unknown>>;
}

/** The refusal of a call. Rejects if the call succeeds. */
export async function refusalOf(call: Promise<unknown>): Promise<SeenRefusal> {
  let answer: unknown;
  try {
    answer = await call;
  } catch (error) {
    const { name, message, $metadata, ...members } = error as AthenaServiceException & Record<string, unknown>;
    return { name, message, status: ($metadata as { httpStatusCode?: number } | undefined)?.httpStatusCode, members };
  }
  throw new Error(`The call was to be refused, and was answered: ${JSON.stringify(answer)}`);
}
