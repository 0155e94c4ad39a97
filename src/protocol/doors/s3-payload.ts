import { createHash } from "node:crypto";
import { refuse, type SignatureForm } from "../sigv4/failure.ts";
import type { SignedRequest } from "../sigv4/claim.ts";

/** What a request says of its body in the header x-amz-content-sha256. */
export interface Payload {
  /** The text that the signature covers in place of the body. */
  readonly signed: string;
  /**
   * Turns the bytes that were sent into the body that the service reads. Throws SignatureRefused while the
   * body is read, if the body is not what the header says.
   */
  readonly decode: (sent: AsyncIterable<Buffer>) => AsyncIterable<Buffer>;
}

/**
 * A presigned URL is made before its body exists. So its signature covers no body, unless the header says so.
 */
export function payloadOf({ headers }: SignedRequest, form: SignatureForm): Payload {
  const given = headers["x-amz-content-sha256"]?.[0];
  if (given === undefined) return form === "query" ? unsigned : refuse({ kind: "payload-hash-missing" });
  if (given === unsigned.signed) return unsigned;
  if (!/^[0-9a-f]{64}$/.test(given)) return refuse({ kind: "payload-hash-unsupported" });
  return { signed: given, decode: (sent) => verified(sent, given) };
}

const unsigned: Payload = { signed: "UNSIGNED-PAYLOAD", decode: (sent) => sent };

/**
 * Holds the last chunk back until the hash is known, so that nobody gets the whole of a body whose hash is
 * wrong.
 */
async function* verified(sent: AsyncIterable<Buffer>, sha256: string): AsyncGenerator<Buffer> {
  const digest = createHash("sha256");
  let held: Buffer | undefined;
  for await (const chunk of sent) {
    if (held !== undefined) yield held;
    digest.update(chunk);
    held = chunk;
  }
  if (digest.digest("hex") !== sha256) refuse({ kind: "payload-hash-wrong" });
  if (held !== undefined) yield held;
}
