/** An error in S3's terms. Codes and statuses: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
export class S3Error extends Error {
  readonly code: string;
  readonly status: number;
  /** Elements of the error's XML beside Code and Message. */
  readonly details: Record<string, string>;
  readonly headers: Record<string, string>;

  constructor(
    status: number,
    code: string,
    message: string,
    { details = {}, headers = {} }: { details?: Record<string, string>; headers?: Record<string, string> } = {},
  ) {
    super(message);
    this.name = "S3Error";
    this.code = code;
    this.status = status;
    this.details = details;
    this.headers = headers;
  }
}

export const accessDenied = () => new S3Error(403, "AccessDenied", "Access Denied");

export const noSuchBucket = (bucket: string) =>
  new S3Error(404, "NoSuchBucket", "The specified bucket does not exist", { details: { BucketName: bucket } });

export const noSuchKey = (key: string) =>
  new S3Error(404, "NoSuchKey", "The specified key does not exist.", { details: { Key: key } });

export const noSuchVersion = (key: string, version: string) =>
  new S3Error(404, "NoSuchVersion", "The specified version does not exist.", {
    details: { Key: key, VersionId: version },
  });

export const keyTooLong = (bytes: number, limit: number) =>
  new S3Error(400, "KeyTooLongError", "Your key is too long", {
    details: { Size: String(bytes), MaxSizeAllowed: String(limit) },
  });

export const invalidBucketName = (bucket: string) =>
  new S3Error(400, "InvalidBucketName", "The specified bucket is not valid.", { details: { BucketName: bucket } });

export const invalidUri = () => new S3Error(400, "InvalidURI", "Couldn't parse the specified URI.");

export const invalidArgument = (message: string, name: string, value: string) =>
  new S3Error(400, "InvalidArgument", message, { details: { ArgumentName: name, ArgumentValue: value } });

export const invalidRequest = (message: string) => new S3Error(400, "InvalidRequest", message);

export const invalidPart = (part: string) =>
  new S3Error(416, "InvalidPartNumber", "The requested partnumber is not satisfiable", {
    details: { PartNumberRequested: part, ActualPartCount: "1" },
  });

export const preconditionFailed = (condition: string) =>
  new S3Error(412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold", {
    details: { Condition: condition },
  });

export const invalidRange = (range: string, size: number) =>
  new S3Error(416, "InvalidRange", "The requested range is not satisfiable", {
    details: { RangeRequested: range, ActualObjectSize: String(size) },
    headers: { "content-range": `bytes */${size}` },
  });

export const notImplemented = (what: string) =>
  new S3Error(501, "NotImplemented", `${what} is not implemented by this service.`);

export const methodNotAllowed = (method: string, allowed: string) =>
  new S3Error(405, "MethodNotAllowed", "The specified method is not allowed against this resource.", {
    details: { Method: method },
    headers: { allow: allowed },
  });

/** The S3 error for an error of the operating system; undefined for errors that are not foreseen. */
export function ofSystem(error: unknown): S3Error | undefined {
  switch ((error as NodeJS.ErrnoException).code) {
    case "EACCES":
    case "EPERM":
      return accessDenied();
    case "EMFILE":
    case "ENFILE":
      return new S3Error(503, "SlowDown", "Please reduce your request rate.");
    default:
      return undefined;
  }
}
