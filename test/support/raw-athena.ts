// Requests to Athena by hand, signed by a signer that is neither the service's nor the SDK's.
import * as aws4 from "aws4";
import type { TestServer } from "./server.ts";
import { keyOf } from "./signed-calls.ts";

export interface RawAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly json: Record<string, unknown>;
}

export interface Signing {
  target?: string;
  accessKeyId?: string;
  secretAccessKey?: string;
  sessionToken?: string;
  region?: string;
  service?: string;
  signedAt?: Date;
  /** Sent instead of the body that was signed. */
  sentBody?: string;
}

/** Posts a body (bytes as they are, anything else as JSON) for an operation. */
export async function signedPost(
  server: Pick<TestServer, "endpoint" | "home">,
  operation: string,
  content: unknown,
  { target = `AmazonAthena.${operation}`, region = "us-east-1", service = "athena", ...signing }: Signing = {},
): Promise<RawAnswer> {
  const body = Buffer.isBuffer(content) ? content : Buffer.from(JSON.stringify(content));
  const request = {
    host: new URL(server.endpoint).host,
    method: "POST",
    path: "/",
    region,
    service,
    body: body as unknown as string,
    headers: {
      "Content-Type": "application/x-amz-json-1.1",
      ...(target === "" ? {} : { "X-Amz-Target": target }),
      ...(signing.signedAt === undefined ? {} : { "X-Amz-Date": basicDate(signing.signedAt) }),
    },
  };
  const { headers } = aws4.sign(request, { ...keyOf(server.home), ...signing });
  const { Host: _host, "Content-Length": _length, ...sent } = headers as Record<string, string>;
  const response = await fetch(server.endpoint, { method: "POST", headers: sent, body: signing.sentBody ?? body });
  return {
    status: response.status,
    headers: response.headers,
    json: (await response.json()) as Record<string, unknown>,
  };
}

const basicDate = (at: Date) => at.toISOString().replace(/[-:]|\.\d+/g, "");
