// The S3 service behind the real port, over a folder; also a program, for tests that measure a process: `node s3-server.ts <folder>` prints its port.
import { S3Client } from "@aws-sdk/client-s3";
import { openBuckets, type Buckets } from "../../src/objects/buckets.ts";
import { createHttpServer } from "../../src/protocol/http-server.ts";
import { s3Service } from "../../src/s3/service.ts";

export const key = {
  accessKeyId: "GLAXTESTTESTTESTTEST",
  secretAccessKey: "secret/secret+secret",
  principalArn: "arn:aws:iam::000000000000:user/test",
};

export interface S3Server extends AsyncDisposable {
  readonly port: number;
  readonly buckets: Buckets;
  /** Messages of what was logged as an error, with their causes. */
  readonly errors: string[];
}

export async function startS3Server(folder: string, region = "us-east-1"): Promise<S3Server> {
  const errors: string[] = [];
  const buckets = openBuckets(folder);
  const server = createHttpServer({
    region,
    findKey: (accessKeyId) => (accessKeyId === key.accessKeyId ? key : undefined),
    operations: {},
    s3: s3Service({ buckets, region }),
    internal: () => Promise.resolve(undefined),
    answered: () => undefined,
    now: () => Date.now(),
    ticks: () => performance.now(),
    log: {
      info: () => undefined,
      warn: () => undefined,
      error: (fields, message) => errors.push(`${message}: ${String((fields as { err?: unknown }).err)}`),
    },
  });
  const { port } = await server.listen("127.0.0.1", 0);
  return { port, buckets, errors, [Symbol.asyncDispose]: () => server.drain(0) };
}

export function s3Client(port: number, region = "us-east-1"): S3Client {
  const { accessKeyId, secretAccessKey } = key;
  return new S3Client({
    endpoint: `http://127.0.0.1:${port}`,
    forcePathStyle: true,
    region,
    credentials: { accessKeyId, secretAccessKey },
    maxAttempts: 1,
  });
}

if (import.meta.main) console.log((await startS3Server(process.argv[2] ?? "")).port);
