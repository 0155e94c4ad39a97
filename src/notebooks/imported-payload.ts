import { buffer } from "node:stream/consumers";
import { invalid } from "../domain/refusal.ts";
import { readNotebook } from "./notebook-format.ts";
import type { ImportRequest, NotebookObjects } from "./types.ts";

/** The API's limits: characters of a payload, and bytes of a file. */
const maxPayload = 10_485_760;
const maxFileBytes = maxPayload;

/**
 * The notebook that an import brings, from the request itself or from a bucket. Refuses anything that is not
 * a notebook.
 */
export async function importedPayload(request: ImportRequest, objects: NotebookObjects): Promise<string> {
  const { Payload: payload, NotebookS3LocationUri: uri } = request;
  if ((payload === undefined) === (uri === undefined))
    throw invalid("Exactly one of Payload and NotebookS3LocationUri is required.");
  if (uri === undefined) return checkedPayload(payload ?? "");
  return checkedPayload(await readFile(uri, objects), "The object at NotebookS3LocationUri");
}

/**
 * The payload, repaired if Jupyter would open it with a warning. Refuses a payload that is not a notebook.
 */
export function checkedPayload(payload: string, what = "Payload"): string {
  const read = readNotebook(payload);
  if ("problem" in read) throw invalid(`${what} is not a valid notebook: ${read.problem}.`);
  if (read.text === payload || read.text.length <= maxPayload) return read.text;
  throw invalid(`${what} lacks so much that, repaired, it is longer than ${String(maxPayload)} characters.`);
}

async function readFile(uri: string, objects: NotebookObjects): Promise<string> {
  // The API's pattern also allows `S3:` and https. Only the server's own buckets are read, so https finds no
  // object.
  const object = await objects.open(uri.replace(/^S3:/, "s3:"));
  if (!object) throw invalid("There is no object at NotebookS3LocationUri. It must be s3://bucket/key.");
  if (object.info.size > maxFileBytes) {
    await object.close();
    throw invalid(`The object at NotebookS3LocationUri is larger than ${String(maxFileBytes)} bytes.`);
  }
  const bytes = await buffer(object.stream());
  try {
    // A byte order mark is not stripped, so the file is refused as no JSON. An export must give back exactly
    // the bytes of the file.
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw invalid("The object at NotebookS3LocationUri is not a valid notebook: it is not UTF-8.");
  }
}
