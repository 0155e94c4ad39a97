import type { Caller, RawResponse, S3Request } from "../protocol/types.ts";
import type { Target } from "./target.ts";

/** A request whose caller is known and whose bucket name and key are of a legal form. */
export interface S3Call extends S3Request, Target {
  caller: Caller;
}

/** Serves one of S3's operations. Throws S3Error. */
export type Command = (call: S3Call) => Promise<RawResponse>;
