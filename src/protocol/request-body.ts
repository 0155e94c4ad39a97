import { createHash, hash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { discardRest } from "./discard-rest.ts";

const emptySha256 = hash("sha256", "", "hex");

export interface ReceivedBody {
  bytes: Buffer;
  /** SHA-256 of the bytes that arrived, hexadecimal. */
  sha256: string;
}

/** Thrown when the client went away before its request was whole or answered. */
export class RequestCutShort extends Error {
  constructor() {
    super("The client went away before its request was whole or answered");
  }
}

/** Thrown when a body is larger than allowed. */
export class BodyTooLarge extends Error {
  readonly limitBytes: number;

  constructor(limitBytes: number) {
    super();
    this.limitBytes = limitBytes;
  }
}

/** How much of an unread body is read and thrown away, so that its connection can be used again. */
const restLimitBytes = 1024 * 1024;
const restLimitMs = 1_000;

/**
 * The body of one request. It is read whole, or as a stream, or not at all.
 *
 * A client with `Expect: 100-continue` waits to be told that its body is wanted. The first read tells the
 * client so, by `invite`. If nobody reads the body, the client does not send it.
 */
export class RequestBody {
  readonly #request: IncomingMessage;
  readonly #limitBytes: number;
  readonly #declaredBytes: number | undefined;
  #invite: (() => void) | undefined;
  #whole: Promise<ReceivedBody> | undefined;
  #receivedBytes = 0;
  #isBeingRead = false;

  constructor(request: IncomingMessage, limitBytes: number, invite: (() => void) | undefined) {
    this.#request = request;
    this.#limitBytes = limitBytes;
    this.#declaredBytes = declaredBytes(request);
    this.#invite = invite;
  }

  /** Rejects with BodyTooLarge, or with RequestCutShort if the client goes away. */
  whole(): Promise<ReceivedBody> {
    this.#whole ??= this.#receive();
    return this.#whole;
  }

  /**
   * Yields the body at the reader's pace, once only. Throws the errors of `whole` while the body is being
   * read.
   */
  async *stream(): AsyncGenerator<Buffer> {
    this.#begin(0);
    this.#isBeingRead = true;
    try {
      for await (const chunk of this.#request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
        if (!this.#fits(chunk)) throw new BodyTooLarge(this.#limitBytes);
        yield chunk;
      }
    } catch (error) {
      throw error instanceof BodyTooLarge ? error : new RequestCutShort();
    } finally {
      this.#isBeingRead = false;
    }
  }

  /**
   * Reads what is left of the body, which would otherwise be taken for the next request on the connection.
   * Resolves with false if that would take too long: then the connection has to end. The connection of a
   * client that was never told to send also has to end, because nobody knows whether that client will send
   * its body.
   */
  finish(): Promise<boolean> {
    const request = this.#request;
    if (this.#declaredBytes === 0) {
      request.resume();
      return Promise.resolve(true);
    }
    const leftBytes = (this.#declaredBytes ?? 0) - this.#receivedBytes;
    if (request.destroyed || this.#invite || this.#isBeingRead || leftBytes > restLimitBytes)
      return Promise.resolve(false);
    return discardRest(request, restLimitBytes, restLimitMs);
  }

  /**
   * Begins a read, and tells a client that waits for that to send. Throws BodyTooLarge at once if the
   * declared length is above the limit by more than `toleratedBytes`; for a client that waits, nothing is
   * tolerated.
   */
  #begin(toleratedBytes: number): void {
    const tolerated = this.#invite ? 0 : toleratedBytes;
    if ((this.#declaredBytes ?? 0) > this.#limitBytes + tolerated) throw new BodyTooLarge(this.#limitBytes);
    this.#invite?.();
    this.#invite = undefined;
  }

  /** Counts a chunk. Returns false if this chunk makes the body larger than allowed. */
  #fits(chunk: Buffer): boolean {
    this.#receivedBytes += chunk.length;
    return this.#receivedBytes <= this.#limitBytes;
  }

  #receive(): Promise<ReceivedBody> {
    const request = this.#request;
    return new Promise((resolve, reject) => {
      this.#begin(restLimitBytes);
      if (this.#declaredBytes === 0) {
        request.resume();
        resolve({ bytes: Buffer.alloc(0), sha256: emptySha256 });
        return;
      }
      const chunks: Buffer[] = [];
      // A large body is hashed chunk by chunk as it arrives, because hashing it in one go would hold up all
      // other requests. A small body is hashed faster in one go.
      let digest: ReturnType<typeof createHash> | undefined;
      const take = (chunk: Buffer) => {
        if (!this.#fits(chunk)) {
          request.off("data", take).pause();
          reject(new BodyTooLarge(this.#limitBytes));
          return;
        }
        if (chunks.length === 1) digest = createHash("sha256").update(chunks[0] ?? chunk);
        digest?.update(chunk);
        chunks.push(chunk);
      };
      request.on("data", take);
      request.on("end", () => {
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
}

/**
 * The length that the headers declare, in bytes; undefined if the body comes in chunked encoding. Reads the
 * headers in the form that the doors read, because Node makes each form when it is first asked for.
 */
function declaredBytes({ headersDistinct: headers }: IncomingMessage): number | undefined {
  return headers["transfer-encoding"] === undefined ? Number(headers["content-length"]?.[0] ?? "0") : undefined;
}
