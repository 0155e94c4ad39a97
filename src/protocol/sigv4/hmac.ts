import { hash } from "node:crypto";

const blockBytes = 64;

/**
 * HMAC-SHA-256 (RFC 2104) with a key that is used many times: the two padded keys are kept, and a signature is two one-shot
 * hashes. Node's createHmac makes a key object and a stream for each signature, and took five times as long.
 */
export class HmacSha256 {
  readonly #inner: Buffer;
  readonly #outer: Buffer;

  constructor(key: Buffer) {
    const block = Buffer.alloc(blockBytes);
    (key.length > blockBytes ? hash("sha256", key, "buffer") : key).copy(block);
    this.#inner = block.map((byte) => byte ^ 0x36) as Buffer;
    this.#outer = block.map((byte) => byte ^ 0x5c) as Buffer;
  }

  sign(text: string): Buffer {
    const inner = hash("sha256", Buffer.concat([this.#inner, Buffer.from(text, "utf8")]), "buffer");
    return hash("sha256", Buffer.concat([this.#outer, inner]), "buffer");
  }
}
