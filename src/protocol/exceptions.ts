/**
 * An error that the caller sees. Any code below a handler may throw it; only render.ts writes it to the wire.
 *
 * `type` becomes `__type` in the answer. `extra` has the error's own members, which stand beside Message. In
 * this file the errors that the API's model declares come first. The errors of AWS's front end, which every
 * service has, follow.
 */
export class AwsError extends Error {
  readonly type: string;
  readonly extra: Readonly<Record<string, unknown>>;
  readonly status: number;
  readonly hasMessage: boolean;

  constructor(type: string, message: string | undefined, extra: Record<string, unknown> = {}, status = 400) {
    super(message ?? type);
    this.name = type;
    this.type = type;
    this.extra = extra;
    this.status = status;
    this.hasMessage = message !== undefined;
  }
}

/** The API's error for nearly everything. Clients tell its causes apart by the text. */
export const invalidRequest = (message: string, athenaErrorCode = "INVALID_INPUT") =>
  new AwsError("InvalidRequestException", message, { AthenaErrorCode: athenaErrorCode, ErrorCode: athenaErrorCode });

export const idempotentParameterMismatch = () =>
  invalidRequest("Idempotent parameters do not match", "IDEMPOTENT_PARAMETER_MISMATCH");

export const resourceNotFound = (message: string, resourceName: string) =>
  new AwsError("ResourceNotFoundException", message, { ResourceName: resourceName });

/** The member `Reason` is left out, because the only value that the API allows for it is about queries. */
export const tooManyRequests = (message: string) => new AwsError("TooManyRequestsException", message);

export const sessionAlreadyExists = (message: string) => new AwsError("SessionAlreadyExistsException", message);

/** The cause of the failure never goes to the caller. The log has it under the same request id. */
export const internalServer = (requestId?: string) =>
  new AwsError(
    "InternalServerException",
    requestId === undefined ? undefined : `The service failed to answer request ${requestId}. Its log says why.`,
    {},
    500,
  );

export const throttled = () => new AwsError("ThrottlingException", "Rate exceeded");

export const unknownOperation = () => new AwsError("UnknownOperationException", undefined);

export const serializationFailed = (message?: string) => new AwsError("SerializationException", message);

export const bodyTooLarge = (limitBytes: number) =>
  new AwsError(
    "RequestEntityTooLargeException",
    `The request's body is larger than the limit of ${String(limitBytes)} bytes.`,
    {},
    413,
  );
