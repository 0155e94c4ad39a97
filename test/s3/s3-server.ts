// The S3 service behind the real port, over a folder; also a program, for tests that measure a process: `node
// s3-server.ts <folder>` prints its port.
import { S3Client } from "@aws-sdk/client-s3";
import { openBuckets, type Buckets } from "../../src/objects/buckets.ts";
import { s3Service } from "../../src/s3/service.ts";
import { type FrontEndServer, key, startFrontEnd } from "../protocol/front-end-server.ts";

export interface S3Server extends FrontEndServer {
  readonly buckets: Buckets;
}

export async function startS3Server(folder: string, region = "us-east-1"): Promise<S3Server> {
  const buckets = openBuckets(folder);
  const server = await startFrontEnd({ region, operations: {}, s3: s3Service({ buckets, region }) });
  return { ...server, buckets };
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
