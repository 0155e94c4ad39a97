// One request from one seed: its bytes, and what may be expected of the connection afterwards.
import aws4 from "aws4";
import { findOperation, operationNames } from "../../src/protocol/model.ts";
import { body } from "./bodies.ts";
import { breakages, flaws, type Draft } from "./flaws.ts";
import { random, type Random } from "../random.ts";

export interface FuzzRequest {
  readonly bytes: Buffer;
  /**
   * The methods of the requests, if all are valid HTTP. Then each gets an answer, and the connection stays.
   */
  readonly methods: readonly string[] | "broken";
}

export interface Target {
  readonly host: string;
  readonly key: { accessKeyId: string; secretAccessKey: string };
}

export function fuzzRequest(seed: number, target: Target): FuzzRequest {
  const source = random(seed);
  const drafts = Array.from({ length: source.chance(0.03) ? 1 + source.below(5) : 1 }, () => draft(source, target));
  const whole = drafts.map(bytesOf);
  const methods = drafts.map(({ method }) => method);
  // Requests with a HEAD are not broken: without knowing which request was a HEAD, nobody can tell where its
  // answer ends.
  if (methods.includes("HEAD") || !source.chance(0.12)) return { bytes: Buffer.concat(whole), methods };
  return { bytes: source.pick(breakages)(source, Buffer.concat(whole)), methods: "broken" };
}

function draft(source: Random, target: Target): Draft {
  const made = source.chance(0.7)
    ? athena(source, target)
    : source.chance(0.8)
      ? s3(source, target)
      : pages(source, target);
  return source.chance(0.3) ? source.pick(flaws)(source, made) : made;
}

function athena(source: Random, target: Target): Draft {
  const operation = findOperation(source.pick(operationNames));
  if (operation === undefined) throw new Error("An operation without a model");
  return signed(source, target, "athena", {
    method: "POST",
    path: "/",
    headers: [
      ["Content-Type", "application/x-amz-json-1.1"],
      ["X-Amz-Target", `AmazonAthena.${operation.name}`],
    ],
    body: body(source, operation),
  });
}

const segments = [
  "glaux-000000000000",
  "..",
  ".",
  "%2e%2e",
  "%00",
  "%",
  "%zz",
  "%2F",
  "a",
  "ü",
  "%F0%9F%98%80",
  "~",
  "",
];
const queries = [
  "",
  "?list-type=2",
  "?list-type=2&prefix=a&delimiter=%2F&max-keys=2",
  "?list-type=2&max-keys=-1",
  "?list-type=2&continuation-token=x",
  "?location",
  "?acl",
  "?uploads",
  "?uploadId=1&partNumber=1",
  "?delete",
  "?x=%",
  "?a=1&a=2",
  "?response-content-type=a%0D%0Ab",
  "?versionId=null",
];

function s3(source: Random, target: Target): Draft {
  const path = `/${Array.from({ length: source.below(4) }, () => source.pick(segments)).join("/")}`;
  const method = source.pick(["GET", "GET", "HEAD", "PUT", "DELETE", "POST", "OPTIONS", "PATCH"]);
  const ranges = [
    "bytes=0-",
    "bytes=5-2",
    "bytes=-1",
    "bytes=a-b",
    "bytes=0-1,3-4",
    "bytes=99999999999999999999-",
    "x",
  ];
  return signed(source, target, "s3", {
    method,
    path: escaped(path + source.pick(queries)),
    headers: [
      ["X-Amz-Content-Sha256", source.chance(0.5) ? "UNSIGNED-PAYLOAD" : "0".repeat(64)],
      ...(source.chance(0.3) ? [["Range", source.pick(ranges)] as [string, string]] : []),
      ...(source.chance(0.2) ? [["If-None-Match", source.pick(["*", '"a"', "W/", ","])] as [string, string]] : []),
      ...(source.chance(0.2) ? [["If-Modified-Since", source.pick(["yesterday", ""])] as [string, string]] : []),
    ],
    body: ["PUT", "POST"].includes(method) ? Buffer.from("<Delete><Object>".repeat(source.below(50))) : Buffer.alloc(0),
  });
}

/** The service's own pages. */
function pages(source: Random, target: Target): Draft {
  const path = source.pick(["/-/", "/-/ready", "/-/health", "/-/nothing", "/-/sessions/x/progress", "/-/../", "/-"]);
  return signed(source, target, "athena", { method: "GET", path, headers: [], body: Buffer.alloc(0) });
}

function signed(source: Random, { host, key }: Target, service: string, made: Draft): Draft {
  if (!isDecodable(made.path))
    return { ...signed(source, { host, key }, service, { ...made, path: "/" }), path: made.path };
  const request = aws4.sign(
    {
      host,
      method: made.method,
      path: made.path,
      region: "us-east-1",
      service,
      body: made.body as unknown as string,
      headers: Object.fromEntries(made.headers),
      signQuery: source.chance(0.1),
    },
    key,
  );
  const headers = Object.entries(request.headers as Record<string, string | number>).map(
    ([name, value]): [string, string] => [name, String(value)],
  );
  return {
    ...made,
    path: request.path ?? made.path,
    headers: headers.filter(([name]) => !/^content-length$/i.test(name)),
  };
}

/**
 * False if the path cannot be decoded. The signer cannot sign such a path, so it is sent with another path's
 * signature.
 */
function isDecodable(path: string): boolean {
  try {
    return decodeURIComponent(path) !== "";
  } catch {
    return false;
  }
}

function bytesOf({ method, path, headers, body }: Draft): Buffer {
  const all: [string, string][] = [...headers, ["Content-Length", String(body.length)]];
  if (!headers.some(([name]) => /^host$/i.test(name))) all.push(["Host", "fuzz"]);
  const head = all.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  return Buffer.concat([Buffer.from(`${method} ${escaped(path)} HTTP/1.1\r\n${head}\r\n`, "latin1"), body]);
}

/** The path as a request line may hold it: characters outside of HTTP's grammar are percent-encoded. */
function escaped(path: string): string {
  return path.replace(/[^!-~]/g, (character) => encodeURIComponent(character));
}
