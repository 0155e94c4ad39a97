import { fit } from "./columns.ts";

/** The reader of an output went away, as with `| head`. */
export class OutputClosed extends Error {}

export interface Stream {
  isTTY?: boolean | undefined;
  columns?: number | undefined;
  write(chunk: Uint8Array | string, done?: (error?: Error | null) => void): unknown;
}

/**
 * Shows the calculation's output. Beneath it, if standard error is a terminal, it draws lines that change in
 * place. These lines are erased before output is written, and are never drawn while a line of output has not
 * ended.
 */
export class Screen {
  readonly #streams: { stdout: Stream; stderr: Stream };
  readonly #isLive: boolean;
  #drawn = "";
  #isAtLineStart = true;

  constructor(streams: { stdout: Stream; stderr: Stream }, terminalType: string | undefined) {
    this.#streams = streams;
    this.#isLive = streams.stderr.isTTY === true && terminalType !== "dumb";
  }

  /** True if `show` has an effect. If not, there is no need to find out what to show. */
  get isLive(): boolean {
    return this.#isLive;
  }

  /**
   * Replaces the changing lines. A longer line is cut to the terminal's width, because a line that wraps
   * could not be erased.
   */
  show(lines: readonly string[]): void {
    if (!this.#isLive || !this.#isAtLineStart) return;
    const width = Math.max(20, this.#streams.stderr.columns ?? 80) - 1;
    const text = lines.map((line) => fit(line, width, "...")).join("\n");
    if (text === this.#drawn) return;
    this.#streams.stderr.write(this.#erasing() + text);
    this.#drawn = text;
  }

  clear(): void {
    if (this.#drawn !== "") this.#streams.stderr.write(this.#erasing());
    this.#drawn = "";
  }

  /** Writes a line for the user, which stays. */
  note(text: string): void {
    this.clear();
    this.#streams.stderr.write(`${text}\n`);
  }

  /** Resolves when the chunk is written. Throws OutputClosed if the reader is gone. */
  async write(name: "stdout" | "stderr", chunk: Uint8Array): Promise<void> {
    this.clear();
    const stream = this.#streams[name];
    if (stream.isTTY) this.#isAtLineStart = chunk.at(-1) === 0x0a;
    await new Promise<void>((resolve, reject) => {
      stream.write(chunk, (error) => {
        if (error) reject(new OutputClosed("the output's reader is gone"));
        else resolve();
      });
    });
  }

  /** Control sequences: ECMA-48 CR, EL (erase line) and CUU (cursor up). */
  #erasing(): string {
    const above = this.#drawn.split("\n").length - 1;
    return this.#drawn === "" ? "" : `\r\u001b[K${"\u001b[A\u001b[K".repeat(above)}`;
  }
}
