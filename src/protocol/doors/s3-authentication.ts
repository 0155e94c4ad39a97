import type { Exchange } from "../exchange.ts";
import { signatureChecks, type Verification } from "../sigv4/checks.ts";
import type { Caller } from "../types.ts";
import { payloadOf, type Payload } from "./s3-payload.ts";

const skewMs = 15 * 60_000;

/**
 * Authenticates requests that are signed for service `s3`. A signature covers what the headers say of the
 * body, so the signature is checked before anything of the body is read. Whether the body is what the headers
 * say is checked while the body is read. Throws SignatureRefused.
 */
export function s3Authentication({
  region,
  findKey,
  now,
}: Verification): (exchange: Exchange) => { caller: Caller; payload: Payload } {
  const checks = signatureChecks({ region, service: "s3", skewMs, findKey, now });
  return (exchange) => {
    const plausible = checks.checkClaim(exchange);
    const payload = payloadOf(exchange, plausible.claim.form);
    checks.checkSignature(exchange, plausible, payload.signed);
    const { accessKeyId, principalArn } = plausible.key;
    return { caller: { accessKeyId, principalArn }, payload };
  };
}
