import { hash } from "node:crypto";

const blockBytes = 64;
const digestBytes = 32;

/**
 * HMAC-SHA-256 (RFC 2104) with a key that is used many times. The two padded keys are kept, and a signature
 * takes two one-shot hashes. Node's createHmac makes a key object and a stream for each signature, and took
 * five times as long. Digests are strings, because a digest in a Buffer of its own costs four times as much.
 */
export class HmacSha256 {
  readonly #inner: Buffer;
  /**
   * The outer padded key, with room for the inner digest at its end. Each signature overwrites the digest.
   * Nothing else can run between that write and the hash.
   */
  readonly #outer = Buffer.alloc(blockBytes + digestBytes);

  constructor(key: Buffer) {
    const block = Buffer.alloc(blockBytes);
    (key.length > blockBytes ? hash("sha256", key, "buffer") : key).copy(block);
    this.#inner = block.map((byte) => byte ^ 0x36) as Buffer;
    this.#outer.set(block.map((byte) => byte ^ 0x5c));
  }

  sign(text: string, encoding: "hex" | "binary"): string {
    const message = Buffer.allocUnsafe(blockBytes + Buffer.byteLength(text));
    message.set(this.#inner);
    message.write(text, blockBytes);
    this.#outer.write(hash("sha256", message, "binary"), blockBytes, "latin1");
    return hash("sha256", this.#outer, encoding);
  }
}
