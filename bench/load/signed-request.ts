import { connect } from "node:net";
import aws4 from "aws4";
import { keyOf } from "../../test/support/signed-calls.ts";

interface Server {
  readonly endpoint: string;
  readonly home: string;
}

/** The bytes of a signed request. The signature is good for five minutes. */
export function signedRequest(server: Server, operation: string, input: object): string {
  const body = JSON.stringify(input);
  const { headers } = aws4.sign(
    {
      host: new URL(server.endpoint).host,
      method: "POST",
      path: "/",
      region: "us-east-1",
      service: "athena",
      body,
      headers: { "Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": `AmazonAthena.${operation}` },
    },
    keyOf(server.home),
  );
  const lines = Object.entries(headers as Record<string, string>).map(([name, value]) => `${name}: ${value}\r\n`);
  return `POST / HTTP/1.1\r\n${lines.join("")}\r\n${body}`;
}

/**
 * The answer that a server gives to these bytes, for a bare server to give the same. Left out are the headers
 * that every node:http server adds by itself.
 */
export async function answerTo(
  server: Server,
  request: string,
): Promise<{ headers: Record<string, string>; body: string }> {
  const socket = connect(Number(new URL(server.endpoint).port), "127.0.0.1").setEncoding("latin1");
  socket.write(request);
  let text = "";
  for await (const chunk of socket as AsyncIterable<string>) {
    text += chunk;
    if (isWhole(text)) break;
  }
  const [head = "", body = ""] = text.split("\r\n\r\n");
  const headers = head
    .split("\r\n")
    .slice(1)
    .map((line) => line.split(": ") as [string, string]);
  const own = headers.filter(([name]) => !/^(date|connection|keep-alive)$/i.test(name));
  return { headers: Object.fromEntries(own), body };
}

function isWhole(text: string): boolean {
  const head = text.indexOf("\r\n\r\n");
  return head >= 0 && text.length >= head + 4 + Number(/content-length: (\d+)/i.exec(text)?.[1]);
}
