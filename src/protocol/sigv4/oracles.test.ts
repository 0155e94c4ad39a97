import { Sha256 } from "@aws-crypto/sha256-js";
import { SignatureV4 } from "@smithy/signature-v4";
import aws4 from "aws4";
import fc from "fast-check";
import { hash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { signatureChecks } from "./checks.ts";
import type { SignedRequest } from "./claim.ts";
import { SignatureRefused } from "./failure.ts";
import { arbitraryRequest, encodeStrictly, type PlainRequest } from "./oracles.fixture.ts";

const key = { accessKeyId: "GLAXTESTTESTTESTTEST", secretAccessKey: "s3cr3t/+", principalArn: "arn:x" };
const signingDate = new Date("2026-11-20T10:15:00Z");
const services = ["athena", "s3"] as const;
type Service = (typeof services)[number];

const checksOf = (service: Service) =>
  signatureChecks({
    region: "us-east-1",
    service,
    skewMs: 300_000,
    findKey: (accessKeyId: string) => (accessKeyId === key.accessKeyId ? key : undefined),
    now: () => signingDate.getTime(),
  });
const checks = { athena: checksOf("athena"), s3: checksOf("s3") };

function accepts(request: SignedRequest, service: Service, payloadHash: string): boolean {
  const known = checks[service];
  try {
    known.checkSignature(request, known.checkClaim(request), payloadHash);
    return true;
  } catch (error) {
    if (error instanceof SignatureRefused && error.failure.kind === "signature") return false;
    throw error;
  }
}

const sha256 = (text: string) => hash("sha256", text, "hex");

/** Headers as Node's parser gives them: names in lower case, values trimmed. */
const arrived = (headers: object): Record<string, string[]> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), [String(value).trim()]]));

const rawQuery = (query: PlainRequest["query"]) =>
  query.map(([name, value]) => `${encodeStrictly(name)}=${encodeStrictly(value)}`).join("&");

const grouped = (query: PlainRequest["query"]): Record<string, string[]> =>
  Object.fromEntries(
    [...Map.groupBy(query, ([name]) => name)].map(([name, pairs]) => [name, pairs.map(([, value]) => value)]),
  );

/** Athena has only the path `/`, so other paths are not tested for it. */
const pathFor = (service: Service, path: string) => (service === "athena" ? "/" : path);

describe.each(services)("signed for %s", (service) => {
  const signer = new SignatureV4({
    service,
    region: "us-east-1",
    credentials: key,
    sha256: Sha256,
    uriEscapePath: service !== "s3",
  });
  const smithyRequest = ({ method, path, query, headers, body }: PlainRequest) => ({
    method,
    protocol: "http:",
    hostname: "localhost",
    path: pathFor(service, path),
    query: grouped(query),
    headers: { host: "localhost:8765", ...headers },
    body,
  });

  test("by the SDK's signer, in the header", async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryRequest, async (plain) => {
        const signed = await signer.sign(smithyRequest(plain), { signingDate });
        const request = {
          method: plain.method,
          path: signed.path,
          rawQuery: rawQuery(plain.query),
          headers: arrived(signed.headers),
        };
        expect(accepts(request, service, sha256(plain.body))).toBe(true);
        expect(accepts({ ...request, rawQuery: `${request.rawQuery}&more` }, service, sha256(plain.body))).toBe(false);
        expect(accepts({ ...request, method: "PATCH" }, service, sha256(plain.body))).toBe(false);
        expect(accepts(request, service, sha256(`${plain.body}.`))).toBe(false);
      }),
    );
  });

  test("by the SDK's signer, in the query", async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryRequest, async (plain) => {
        const signed = await signer.presign(smithyRequest(plain), { signingDate, expiresIn: 60 });
        const query = Object.entries(signed.query ?? {}).flatMap(([name, values]) =>
          [values ?? ""].flat().map((value) => [name, value] as const),
        );
        const request = {
          method: plain.method,
          path: signed.path,
          rawQuery: rawQuery(query),
          headers: arrived(signed.headers),
        };
        const payloadHash = sha256(plain.body);
        expect(accepts(request, service, payloadHash)).toBe(true);
        expect(accepts({ ...request, rawQuery: `${request.rawQuery}&more` }, service, payloadHash)).toBe(false);
      }),
    );
  });

  test("by aws4", () => {
    fc.assert(
      fc.property(arbitraryRequest, (plain) => {
        // For S3, aws4 keeps only the first of several parameters of the same name. For other services it
        // merges repeated slashes.
        const query = service === "s3" ? [...new Map(plain.query)] : plain.query;
        const text = rawQuery(query);
        const signed = aws4.sign(
          {
            host: "localhost:8765",
            service,
            region: "us-east-1",
            method: plain.method,
            path: `${pathFor(service, plain.path)}${text === "" ? "" : "?"}${text}`,
            body: plain.body,
            headers: { ...plain.headers, "X-Amz-Date": "20261120T101500Z" },
          },
          key,
        );
        const request = {
          method: plain.method,
          path: pathFor(service, plain.path),
          rawQuery: text,
          headers: arrived(signed.headers ?? {}),
        };
        expect(accepts(request, service, sha256(plain.body))).toBe(true);
      }),
    );
  });
});
