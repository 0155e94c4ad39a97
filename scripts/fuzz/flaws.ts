// Flaws and breakages of requests, as a careless or a hostile client sends them.
import { flipped } from "./bodies.ts";
import type { Random } from "../random.ts";

/** A request before it is bytes. */
export interface Draft {
  method: string;
  path: string;
  headers: [name: string, value: string][];
  body: Buffer;
}

/** Flaws with which the request is still valid HTTP. */
export const flaws: ((source: Random, made: Draft) => Draft)[] = [
  (source, made) => ({ ...made, headers: made.headers.filter(() => source.chance(0.7)) }),
  (source, made) => ({
    ...made,
    headers: made.headers.map((header) => (source.chance(0.3) ? bent(source, header) : header)),
  }),
  (source, made) => ({ ...made, headers: [...made.headers, ...made.headers.filter(() => source.chance(0.3))] }),
  (source, made) => ({ ...made, headers: [...made.headers, source.pick(strangers)] }),
  (source, made) => ({ ...made, body: flipped(source, made.body) }),
  (source, made) => ({ ...made, method: source.pick(["GET", "POST", "PUT", "DELETE", "HEAD", "TRACE", "PROPFIND"]) }),
  (source, made) => ({
    ...made,
    path: source.pick(["//", "/?", "/a?b", "http://x/", "/?X-Amz-Signature=a", "/#", "/%"]),
  }),
  (source, made) => ({
    ...made,
    headers: made.headers.map(([name, value]) =>
      name.toLowerCase() === "x-amz-target" ? [name, bentText(source, value)] : [name, value],
    ),
  }),
];

const strangers: [string, string][] = [
  ["X-Amz-Security-Token", "token"],
  ["X-Amz-Date", "20000101T000000Z"],
  ["X-Amz-Content-Sha256", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"],
  ["Authorization", "AWS4-HMAC-SHA256 Credential=a/b/c/d/e,SignedHeaders=;,Signature="],
  ["Content-Encoding", "gzip"],
  ["Accept-Encoding", "br;q=x"],
  ["Cookie", "a".repeat(4000)],
  ["__proto__", "1"],
  ["X-Forwarded-Host", "evil"],
  ["Content-Type", "text/plain; charset=\u00ff"],
];

const bent = (source: Random, [name, value]: [string, string]): [string, string] =>
  /^host$/i.test(name) ? [name, value] : [name, bentText(source, value)];

/** The text with a random change, of characters that a header may hold. */
function bentText(source: Random, value: string): string {
  const at = source.below(value.length + 1);
  const added = source.pick(["", "a", " ", ",", "=", "/", ";", "\u00e9", "%", "AmazonAthena.", "\t"]);
  return value.slice(0, at) + added + value.slice(at + source.below(4));
}

/**
 * Changes that break HTTP itself. A server gives no answer to the result, or one that ends the connection.
 */
export const breakages: ((source: Random, bytes: Buffer) => Buffer)[] = [
  (source, bytes) => bytes.subarray(0, source.below(bytes.length)),
  (source, bytes) => flipped(source, bytes),
  (_, bytes) =>
    Buffer.from(bytes.toString("latin1").replace(/content-length: (\d+)/i, "content-length: 1$1"), "latin1"),
  (_, bytes) => Buffer.from(bytes.toString("latin1").replace(/content-length: \d+/i, "content-length: -1"), "latin1"),
  (_, bytes) =>
    Buffer.from(bytes.toString("latin1").replace(/content-length: \d+/i, "transfer-encoding: chunked"), "latin1"),
  (_, bytes) =>
    Buffer.from(bytes.toString("latin1").replace(/content-length/i, "content-length: 3\r\ncontent-length"), "latin1"),
  (source, bytes) =>
    Buffer.concat([
      bytes,
      Buffer.from(source.pick(["\r\n\r\nGARBAGE", "\u0000".repeat(50), "PRI * HTTP/2.0\r\n\r\n", "}"])),
    ]),
  (source, bytes) =>
    Buffer.concat([Buffer.from(source.pick(["GET", "\r\n ", "\u0016\u0003\u0001", "GET / HTTP/9.9\r\n\r\n"])), bytes]),
  (_, bytes) =>
    Buffer.from(bytes.toString("latin1").replace("\r\n", `\r\nX-Long: ${"a".repeat(20_000)}\r\n`), "latin1"),
];
