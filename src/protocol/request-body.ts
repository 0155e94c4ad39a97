import { createHash, hash } from "node:crypto";
import type { IncomingMessage } from "node:http";

export const emptySha256 = hash("sha256", "", "hex");

export interface ReceivedBody {
  bytes: Buffer;
  /** SHA-256 of the bytes that arrived, hexadecimal. */
  sha256: string;
}

/** The client went away before its request was whole. */
export class RequestCutShort extends Error {
  constructor() {
    super("The client went away before its request was whole or answered");
  }
}

/** The body is larger than allowed. */
export class BodyTooLarge extends Error {}

/**
 * The body of one request. Whatever becomes of the request, its body is read to its end, or else what is left of it would
 * be taken for the next request on the connection; only a body far over the limit ends the connection instead.
 */
export class RequestBody {
  readonly #request: IncomingMessage;
  readonly #limitBytes: number;
  #received: Promise<ReceivedBody> | undefined;

  constructor(request: IncomingMessage, limitBytes: number) {
    this.#request = request;
    this.#limitBytes = limitBytes;
  }

  /** Throws BodyTooLarge once it has arrived, RequestCutShort if it does not. */
  read(): Promise<ReceivedBody> {
    this.#received ??= receive(this.#request, this.#limitBytes, true);
    return this.#received;
  }

  /** Reads what has not been read, and keeps nothing of it. False if the connection is of no use any more. */
  async discard(): Promise<boolean> {
    try {
      await (this.#received ??= receive(this.#request, this.#limitBytes, false));
      return true;
    } catch {
      return this.#request.complete;
    }
  }
}

function receive(request: IncomingMessage, limitBytes: number, isKept: boolean): Promise<ReceivedBody> {
  if (hasNoBody(request)) {
    request.resume();
    return Promise.resolve({ bytes: Buffer.alloc(0), sha256: emptySha256 });
  }
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    // Hashing as it comes keeps a large body from holding up all other requests; a small one is quicker in one go.
    let digest: ReturnType<typeof createHash> | undefined;
    request.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size > 2 * limitBytes) {
        request.pause();
        reject(new BodyTooLarge());
      } else if (size > limitBytes) chunks.length = 0;
      else if (isKept) {
        if (chunks.length === 1) digest = createHash("sha256").update(chunks[0] ?? chunk);
        digest?.update(chunk);
        chunks.push(chunk);
      }
    });
    request.on("end", () => {
      if (size > limitBytes) {
        reject(new BodyTooLarge());
        return;
      }
      const [only] = chunks;
      const bytes = chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks);
      resolve({ bytes, sha256: digest?.digest("hex") ?? hash("sha256", bytes, "hex") });
    });
    const cutShort = () => {
      reject(new RequestCutShort());
    };
    request.on("error", cutShort);
    request.on("close", () => {
      if (!request.complete) cutShort();
    });
  });
}

/** Asked of the headers in the form that the pipelines read them in: Node makes each form when it is first asked for. */
function hasNoBody({ headersDistinct: headers }: IncomingMessage): boolean {
  return headers["transfer-encoding"] === undefined && (headers["content-length"]?.[0] ?? "0") === "0";
}
