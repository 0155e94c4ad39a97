/**
 * Ignores a reader that went away (`glaux … | head`). Whoever goes on writing notices that by the stream's
 * `write`.
 */
export function quietPipes(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      // EIO means that the terminal was closed.
      if (error.code !== "EPIPE" && error.code !== "EIO") throw error;
    });
  }
}

/** The width of a terminal, or 80 columns if the stream is none. */
export const columnsOf = (stream: { columns?: number | undefined }): number => stream.columns ?? 80;
