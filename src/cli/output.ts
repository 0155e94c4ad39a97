/** A reader that went away (`glaux … | head`) is no error to tell of; who writes more notices by `isGone`. */
export function quietPipes(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      // EIO: the terminal was closed.
      if (error.code !== "EPIPE" && error.code !== "EIO") throw error;
    });
  }
}

/** The width of a terminal, or what is usual where there is none. */
export const columnsOf = (stream: { columns?: number | undefined }): number => stream.columns ?? 80;
