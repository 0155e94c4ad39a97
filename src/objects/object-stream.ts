import type { FileHandle } from "node:fs/promises";
import { Readable } from "node:stream";

const chunkBytes = 256 * 1024;

/**
 * The bytes from `start` to `end` (inclusive) of an open file, which it closes. Gives exactly that many: what the file grows by
 * meanwhile is not read, and a file that shrank is an error, never a shorter stream that looks whole.
 */
export class ObjectStream extends Readable {
  readonly #handle: FileHandle;
  readonly #end: number;
  #position: number;

  constructor(handle: FileHandle, { start, end }: { start: number; end: number }) {
    super({ highWaterMark: chunkBytes });
    this.#handle = handle;
    this.#position = start;
    this.#end = end;
  }

  override _read(): void {
    this.#readChunk().then(
      (chunk) => this.push(chunk),
      (error: unknown) => this.destroy(error as Error),
    );
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    // Waits for a read under way.
    this.#handle.close().then(
      () => callback(error),
      (closing: unknown) => callback(error ?? (closing as Error)),
    );
  }

  async #readChunk(): Promise<Buffer | null> {
    const wanted = Math.min(chunkBytes, this.#end - this.#position + 1);
    if (wanted <= 0) return null;
    const { bytesRead, buffer } = await this.#handle.read(Buffer.allocUnsafe(wanted), 0, wanted, this.#position);
    if (bytesRead === 0) throw new ObjectCutShort();
    this.#position += bytesRead;
    return bytesRead === wanted ? buffer : buffer.subarray(0, bytesRead);
  }
}

export class ObjectCutShort extends Error {
  constructor() {
    super("The object became shorter while it was read");
    this.name = "ObjectCutShort";
  }
}
