import { Sha256 } from "@aws-crypto/sha256-js";
import { SignatureV4 } from "@smithy/signature-v4";

export interface Identity {
  /** `http://host:port` */
  endpoint: string;
  region: string;
  credentials: { accessKeyId: string; secretAccessKey: string };
}

/** GETs a path of the service, signed for one of its two APIs. The path is already percent-encoded. */
export type SignedFetch = (
  service: "athena" | "s3",
  path: string,
  options?: { headers?: Record<string, string>; signal?: AbortSignal },
) => Promise<Response>;

export function signedFetch({ endpoint, region, credentials }: Identity): SignedFetch {
  const { protocol, hostname, port, host } = new URL(endpoint);
  return async (service, path, { headers = {}, signal } = {}) => {
    // S3 signs the path as it is sent. Other services sign it encoded once more.
    const signer = new SignatureV4({ credentials, region, service, sha256: Sha256, uriEscapePath: service !== "s3" });
    const request = {
      method: "GET",
      protocol,
      hostname,
      port: Number(port),
      path,
      query: {},
      headers: { ...headers, host },
    };
    const { headers: signed } = await signer.sign(request);
    return fetch(`${endpoint}${path}`, { headers: signed, ...(signal ? { signal } : {}) });
  };
}

/** The path on the service of an object `s3://bucket/key`. */
export function objectPath(uri: string): string {
  const segments = uri.replace(/^s3:\/\//, "").split("/");
  return `/${segments.map(encodeSegment).join("/")}`;
}

const encodeSegment = (segment: string) =>
  encodeURIComponent(segment).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
