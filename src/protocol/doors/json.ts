import { deserialize } from "../deserialize.ts";
import { throttled, unknownOperation } from "../exceptions.ts";
import type { Authenticate } from "../exchange.ts";
import type { StructureShape } from "../model.ts";
import { awsJsonContentType } from "../render.ts";
import { serialize } from "../serialize.ts";
import type { SignedRequest } from "../sigv4/claim.ts";
import type { AthenaHandler, HttpServerDeps, RawResponse } from "../types.ts";
import { validate } from "../validation.ts";
import type { Door } from "./door.ts";
import { jsonErrors } from "./json-errors.ts";

/** What differs between the services of the AWS JSON 1.1 protocol. */
export interface JsonService extends Pick<Door, "api" | "bodyLimitBytes" | "isFor"> {
  /** The prefix of an operation's name in the header X-Amz-Target. */
  readonly targetPrefix: string;
  /** Finds an operation in the service's model. */
  readonly findOperation: (name: string) => JsonOperation | undefined;
  readonly operations: Record<string, AthenaHandler>;
  readonly isWithinRate: HttpServerDeps["isWithinRate"] | undefined;
  readonly authenticate: Authenticate;
}

interface JsonOperation {
  readonly name: string;
  readonly input: StructureShape;
  readonly output: StructureShape | undefined;
}

export function jsonDoor({
  api,
  bodyLimitBytes,
  isFor,
  targetPrefix,
  findOperation,
  operations,
  isWithinRate,
  authenticate,
}: JsonService): Door {
  function namedOperation({ headers }: SignedRequest): JsonOperation | undefined {
    const [target = "", ...more] = headers["x-amz-target"] ?? [];
    return more.length === 0 && target.startsWith(targetPrefix)
      ? findOperation(target.slice(targetPrefix.length))
      : undefined;
  }

  function requireOperation(request: SignedRequest): { operation: JsonOperation; handler: AthenaHandler } {
    const operation = namedOperation(request);
    const handler = operation && operations[operation.name];
    if (operation === undefined || handler === undefined) throw unknownOperation();
    return { operation, handler };
  }

  return {
    api,
    requestIdHeader: "x-amzn-requestid",
    bodyLimitBytes,
    isFor,
    operationOf: (request) => namedOperation(request)?.name ?? "unknown",
    /**
     * The order of the steps is AWS's. Clients see the order, because a request with two faults is refused
     * for the first. A body is kept in memory only if a known key may have signed it, and it is not trusted
     * before its signature has been verified.
     */
    async answer(exchange) {
      if (exchange.method !== "POST") return notPost();
      const { operation, handler } = requireOperation(exchange);
      const caller = await authenticate(exchange);
      if (isWithinRate?.(caller.accessKeyId, operation.name) === false) throw throttled();
      const { bytes } = await exchange.body.whole(); // `authenticate` has read the body already
      const input = deserialize(bytes, operation.input);
      validate(input, operation.input);
      return rendered(await handler(input, { signal: exchange.signal }), operation);
    },
    ...jsonErrors,
  };
}

/** AWS answers methods other than POST in XML. */
function notPost(): RawResponse {
  return { status: 404, headers: {}, body: "<UnknownOperationException/>\n" };
}

function rendered(answer: object, { name, output }: JsonOperation): RawResponse {
  if (output === undefined)
    throw new Error(`${name} is served, but the model has no answer for it: see scripts/model/served.ts`);
  return { status: 200, headers: { "content-type": awsJsonContentType }, body: serialize(answer, output) };
}
