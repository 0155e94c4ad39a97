import { createHash, X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { getCACertificates } from "node:tls";
import type { Environment } from "../lib/run-step.ts";

/**
 * The certificates that this machine trusts: its own store, Mozilla's list, and the files that pip, requests
 * or OpenSSL are told to use.
 */
export async function machineCertificates(env: Environment): Promise<X509Certificate[]> {
  const files = ["PIP_CERT", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"].flatMap((name) => env[name] ?? []);
  const contents = await Promise.all(files.map((file) => readFile(file, "utf8").catch(() => "")));
  const texts = [...getCACertificates("system"), ...getCACertificates("bundled"), ...contents.flatMap(splitPem)];
  const byFingerprint = new Map<string, X509Certificate>();
  for (const text of texts) {
    try {
      const certificate = new X509Certificate(text);
      byFingerprint.set(certificate.fingerprint256, certificate);
    } catch {
      // Java could not use a certificate that OpenSSL cannot read.
    }
  }
  return [...byFingerprint.values()];
}

const splitPem = (text: string): string[] =>
  text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];

/**
 * The certificates as a Java key store of type JKS. The format is that of the JDK's
 * sun.security.provider.JavaKeyStore: a magic number, version and count, the entries, and a SHA-1 over a
 * password (empty here), a fixed phrase and everything before it.
 */
export function trustStore(certificates: readonly X509Certificate[]): Buffer {
  const entries = certificates.flatMap(({ raw }, index) => [
    int32(2), // a trusted certificate
    text(`ca-${String(index)}`),
    Buffer.alloc(8), // creation time
    text("X.509"),
    int32(raw.length),
    raw,
  ]);
  const body = Buffer.concat([int32(0xfeedfeed), int32(2), int32(certificates.length), ...entries]);
  return Buffer.concat([body, createHash("sha1").update("Mighty Aphrodite").update(body).digest()]);
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** Length and bytes, as DataOutput.writeUTF writes an ASCII text. */
function text(value: string): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(value.length);
  return Buffer.concat([length, Buffer.from(value)]);
}
