import type { DateReader } from "./date.ts";
import { refuse, type SignatureForm, type SignaturePart } from "./failure.ts";
import { decodeQuery, type QueryPair } from "./query.ts";

/** What a request says about its signature: complete and well-formed, but not verified yet. */
export interface Claim {
  form: SignatureForm;
  accessKeyId: string;
  scope: { date: string; region: string; service: string; terminator: string };
  /**
   * The names as the request gives them. AWS wants them sorted and in lower case. A client that sends them
   * otherwise has also signed them otherwise.
   */
  signedHeaders: string[];
  signature: string;
  /** `20261120T101500Z` */
  date: string;
  /** Epoch milliseconds. */
  signedAt: number;
  /** Milliseconds. Only the query form can limit how long a signature is valid. */
  validMs: number | undefined;
  securityToken: string | undefined;
}

/** The parts of a request that its signature covers or describes. */
export interface SignedRequest {
  method: string;
  path: string;
  rawQuery: string;
  headers: NodeJS.Dict<string[]>;
}

const algorithm = "AWS4-HMAC-SHA256";

/** Reads the claim from the Authorization header or from the query. Throws SignatureRefused. */
export function readClaim(request: SignedRequest, readDate: DateReader): Claim {
  const authorization = request.headers.authorization?.[0];
  const query = request.rawQuery.includes("X-Amz-") ? decodeQuery(request.rawQuery) : [];
  const isPresigned = query.some(([name]) => name === "X-Amz-Algorithm" || name === "X-Amz-Signature");
  if (authorization !== undefined) {
    if (isPresigned) refuse({ kind: "two-signatures" });
    return fromHeader(request, authorization, readDate);
  }
  return isPresigned ? fromQuery(query, readDate) : refuse({ kind: "missing" });
}

function fromHeader({ headers }: SignedRequest, authorization: string, readDate: DateReader): Claim {
  const given = splitAuthorization(authorization);
  if (given.algorithm !== algorithm) refuse({ kind: "algorithm", algorithm: given.algorithm });
  const date = headers["x-amz-date"]?.[0] ?? headers.date?.[0];
  const { Credential: credential, Signature: signature, SignedHeaders: signedHeaders } = given.parts;
  if (!credential || !signature || !signedHeaders || !date) {
    const missing = absent({ Credential: credential, Signature: signature, SignedHeaders: signedHeaders, Date: date });
    return refuse({ kind: "incomplete", form: "header", missing, authorization });
  }
  return {
    form: "header",
    ...readCredential(credential),
    signedHeaders: signedHeaders.split(";"),
    signature,
    date,
    signedAt: readDate(date) ?? refuse({ kind: "date", date }),
    validMs: undefined,
    securityToken: headers["x-amz-security-token"]?.[0],
  };
}

function splitAuthorization(authorization: string): { algorithm: string; parts: Record<string, string> } {
  const space = authorization.indexOf(" ");
  const end = space < 0 ? authorization.length : space;
  const parts: Record<string, string> = {};
  for (const part of authorization.slice(end).split(",")) {
    const equals = part.indexOf("=");
    if (equals > 0) parts[part.slice(0, equals).trim()] = part.slice(equals + 1).trim();
  }
  return { algorithm: authorization.slice(0, end), parts };
}

function fromQuery(query: QueryPair[], readDate: DateReader): Claim {
  const value = (name: string) => query.find(([given]) => given === `X-Amz-${name}`)?.[1];
  const given = {
    Algorithm: value("Algorithm"),
    Credential: value("Credential"),
    Signature: value("Signature"),
    SignedHeaders: value("SignedHeaders"),
    Date: value("Date"),
  };
  if (given.Algorithm && given.Algorithm !== algorithm) refuse({ kind: "algorithm", algorithm: given.Algorithm });
  if (!given.Algorithm || !given.Credential || !given.Signature || !given.SignedHeaders || !given.Date) {
    return refuse({ kind: "incomplete", form: "query", missing: absent(given), authorization: "" });
  }
  return {
    form: "query",
    ...readCredential(given.Credential),
    signedHeaders: given.SignedHeaders.split(";"),
    signature: given.Signature,
    date: given.Date,
    signedAt: readDate(given.Date) ?? refuse({ kind: "date", date: given.Date }),
    validMs: readExpires(value("Expires")),
    securityToken: value("Security-Token"),
  };
}

function absent(parts: Partial<Record<SignaturePart, string | undefined>>): SignaturePart[] {
  return (Object.keys(parts) as SignaturePart[]).filter((part) => !parts[part]);
}

function readCredential(credential: string): Pick<Claim, "accessKeyId" | "scope"> {
  const elements = credential.split("/");
  const [accessKeyId = "", date = "", region = "", service = "", terminator = ""] = elements;
  if (elements.length !== 5) refuse({ kind: "credential", credential });
  return { accessKeyId, scope: { date, region, service, terminator } };
}

/** S3's limit of a week, which counts for Athena's requests, too. */
const maxExpiresSeconds = 604_800;

function readExpires(expires: string | undefined): number | undefined {
  if (expires === undefined) return undefined;
  const seconds = /^\d{1,7}$/.test(expires) ? Number(expires) : NaN;
  if (!(seconds <= maxExpiresSeconds)) refuse({ kind: "expires", expires });
  return seconds * 1000;
}
