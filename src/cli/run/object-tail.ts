import { CliError } from "../failure.ts";
import { objectPath, type SignedFetch } from "./signed-fetch.ts";

/** Copies an object that may still grow: every byte once and in order, with at most one chunk in memory. */
export class ObjectTail {
  readonly uri: string;
  readonly #write: (chunk: Uint8Array) => Promise<void>;
  #copied = 0;

  /** `write` resolves when the chunk is written. This is the back-pressure that slows the reading down. */
  constructor(uri: string, write: (chunk: Uint8Array) => Promise<void>) {
    this.uri = uri;
    this.#write = write;
  }

  /**
   * Copies what has come since the last call. Returns whether the object exists and how many bytes came.
   * After an error, the next call goes on where this one ended.
   */
  async advance(fetch: SignedFetch, signal: AbortSignal): Promise<{ exists: boolean; bytes: number }> {
    const response = await fetch("s3", objectPath(this.uri), {
      headers: { range: `bytes=${String(this.#copied)}-` },
      signal,
    });
    if (response.status === 206) return { exists: true, bytes: await this.#copy(response) };
    const answer = await response.text();
    if (response.status === 416) return { exists: true, bytes: 0 };
    if (response.status === 404) return { exists: false, bytes: 0 };
    throw new CliError(`${this.uri} could not be read: HTTP ${String(response.status)} ${answer.slice(0, 300)}`);
  }

  async #copy(response: Response): Promise<number> {
    const start = this.#copied;
    for await (const chunk of response.body ?? []) {
      await this.#write(chunk as Uint8Array);
      this.#copied += (chunk as Uint8Array).length;
    }
    return this.#copied - start;
  }
}
