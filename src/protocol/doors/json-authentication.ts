import { bodyTooLarge } from "../exceptions.ts";
import type { Authenticate, Exchange } from "../exchange.ts";
import { BodyTooLarge, type ReceivedBody } from "../request-body.ts";
import { signatureChecks, type Expectation, type Verification } from "../sigv4/checks.ts";
import { refuse, SignatureRefused } from "../sigv4/failure.ts";
import { jsonRefusal } from "../sigv4/json-refusals.ts";

const skewMs = 5 * 60_000;

/**
 * Authenticates requests to a service of the AWS JSON protocol. The signature of such a request covers the
 * body, so the body is read before the signature is checked.
 */
export function jsonAuthentication(expected: Verification & Pick<Expectation, "service">): Authenticate {
  const checks = signatureChecks({ ...expected, skewMs });
  return async (exchange) => {
    try {
      const plausible = checks.checkClaim(exchange);
      const { sha256 } = await readBody(exchange);
      const claimed = exchange.headers["x-amz-content-sha256"]?.[0];
      if (claimed !== undefined && claimed !== sha256) refuse({ kind: "payload-hash-wrong" });
      checks.checkSignature(exchange, plausible, sha256);
      return { accessKeyId: plausible.key.accessKeyId, principalArn: plausible.key.principalArn };
    } catch (error) {
      throw error instanceof SignatureRefused ? jsonRefusal(error.failure) : error;
    }
  };
}

async function readBody({ body }: Exchange): Promise<ReceivedBody> {
  try {
    return await body.whole();
  } catch (error) {
    throw error instanceof BodyTooLarge ? bodyTooLarge(error.limitBytes) : error;
  }
}
