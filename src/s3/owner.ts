import { hash } from "node:crypto";
import type { Caller } from "../protocol/types.ts";
import type { Elements } from "./xml.ts";

/**
 * The owner's elements: a canonical user id, of the form that S3 gives an account. Everything here belongs to
 * the only account there is.
 */
export function ownerOf({ principalArn }: Caller): Elements {
  const account = principalArn.split(":")[4] ?? "";
  return { ID: hash("sha256", `canonical user ${account}`) };
}
