import type { FileHandle } from "node:fs/promises";
import { Readable } from "node:stream";

const chunkBytes = 256 * 1024;

/**
 * Streams the bytes from `start` to `end` (inclusive) of an open file, and closes the file. The stream has
 * exactly this length. If the file grows meanwhile, the new bytes are not read. If the file shrinks, the
 * stream fails with ObjectCutShort, so it never looks complete when it is not.
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
    // close() waits for a read that is under way.
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
