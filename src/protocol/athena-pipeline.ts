import { bodyTooLarge, throttled, unknownOperation } from "./exceptions.ts";
import { deserialize } from "./deserialize.ts";
import type { Authenticate, Exchange } from "./exchange.ts";
import { findOperation, type Operation } from "./model.ts";
import { BodyTooLarge, type ReceivedBody } from "./request-body.ts";
import { serialize } from "./serialize.ts";
import { athenaRefusal } from "./sigv4/athena-refusals.ts";
import { signatureChecks } from "./sigv4/checks.ts";
import { refuse, SignatureRefused } from "./sigv4/failure.ts";
import type { AthenaHandler, HttpServerDeps, RawResponse } from "./types.ts";
import { validate } from "./validation.ts";

export const athenaContentType = "application/x-amz-json-1.1";

/** Fits the largest legal request: a notebook of 10,485,760 characters, each written as `\uXXXX`, and what is around it. */
export const athenaBodyLimitBytes = 10_485_760 * 6 + 1024 * 1024;

type AthenaDeps = Pick<HttpServerDeps, "isWithinRate" | "operations">;

/**
 * The steps of an Athena request. Their order is AWS's, and clients see it: a request with two faults is refused for the
 * first. Only what a known key may have signed is kept in memory; its body is believed after the signature fits.
 */
export async function answerAthena(
  exchange: Exchange,
  authenticate: Authenticate,
  deps: AthenaDeps,
): Promise<RawResponse> {
  if (exchange.request.method !== "POST") return notPost();
  const { operation, handler } = requireOperation(exchange, deps);
  const caller = await authenticate(exchange);
  if (deps.isWithinRate?.(caller.accessKeyId, operation.name) === false) throw throttled();
  const { bytes } = await exchange.body.read(); // which has arrived by now
  const input = deserialize(bytes, operation.input);
  validate(input, operation.input);
  return rendered(await handler(input, { signal: exchange.signal }), operation);
}

/** AWS answers other methods in another dialect. */
function notPost(): RawResponse {
  return { status: 404, headers: {}, body: "<UnknownOperationException/>\n" };
}

function requireOperation(
  { headers }: Exchange,
  { operations }: AthenaDeps,
): { operation: Operation; handler: AthenaHandler } {
  const operation = namedOperation(headers);
  const handler = operation && operations[operation.name];
  if (operation === undefined || handler === undefined) throw unknownOperation();
  return { operation, handler };
}

const targetPrefix = "AmazonAthena.";

/** The operation of the model that a request names. */
export function namedOperation(headers: Exchange["headers"]): Operation | undefined {
  const [target = "", ...more] = headers["x-amz-target"] ?? [];
  return more.length === 0 && target.startsWith(targetPrefix)
    ? findOperation(target.slice(targetPrefix.length))
    : undefined;
}

const skewMs = 5 * 60_000;

/** For requests that are signed for service `athena`. */
export function athenaAuthentication({
  region,
  findKey,
  now,
}: Pick<HttpServerDeps, "region" | "findKey" | "now">): Authenticate {
  const checks = signatureChecks({ region, service: "athena", skewMs, findKey, now });
  return async (exchange) => {
    try {
      const plausible = checks.checkClaim(exchange);
      const { sha256 } = await readBody(exchange);
      const claimed = exchange.headers["x-amz-content-sha256"]?.[0];
      if (claimed !== undefined && claimed !== sha256) refuse({ kind: "payload-hash-wrong" });
      checks.checkSignature(exchange, plausible, sha256);
      return { accessKeyId: plausible.key.accessKeyId, principalArn: plausible.key.principalArn };
    } catch (error) {
      throw error instanceof SignatureRefused ? athenaRefusal(error.failure) : error;
    }
  };
}

async function readBody({ body }: Exchange): Promise<ReceivedBody> {
  try {
    return await body.read();
  } catch (error) {
    throw error instanceof BodyTooLarge ? bodyTooLarge(athenaBodyLimitBytes) : error;
  }
}

function rendered(answer: object, { name, output }: Operation): RawResponse {
  if (output === undefined)
    throw new Error(`${name} is served, but the model has no answer for it: see scripts/model/served.ts`);
  return { status: 200, headers: { "content-type": athenaContentType }, body: serialize(answer, output) };
}
