import { renameSync, statSync } from "node:fs";
import { destination } from "pino";

export interface RotatingFileOptions {
  file: string;
  /** The file is put aside before it would grow beyond this; 0: never. */
  maxBytes: number;
  /** How many that were put aside are kept: `<file>.1`, the youngest, to `<file>.<olderFiles>`. */
  olderFiles: number;
  /** What is kept in memory of lines that cannot be written; all further ones are dropped. */
  keptBytes: number;
}

export interface RotatingFile {
  write(line: string): void;
  /** Goes on in a new file at the same path, after somebody else has moved it away. */
  reopen(): void;
}

/**
 * A log file of bounded size. Each line is written before `write` returns, so that a crash takes none, and by this thread: a worker would cost megabytes.
 * Nothing here throws: a disk that is full or a folder that cannot be written to costs lines or grows the file, never the service.
 */
export function rotatingFile({ file, maxBytes, olderFiles, keptBytes }: RotatingFileOptions): RotatingFile {
  const stream = destination({ dest: file, append: true, mkdir: true, mode: 0o600, sync: true, maxLength: keptBytes });
  // pino's own listener removes itself at the first error, and an error without a listener is thrown.
  stream.on("error", () => undefined);
  let bytes = sizeOf(file);

  const reopen = () => {
    stream.reopen();
    bytes = sizeOf(file);
  };
  const rotate = () => {
    if (putAside(file, olderFiles)) reopen();
    else bytes = 0; // it is tried again when as much has been written once more
  };
  return {
    reopen,
    write(line) {
      const length = Buffer.byteLength(line);
      if (maxBytes > 0 && bytes > 0 && bytes + length > maxBytes) rotate();
      bytes += length;
      stream.write(line);
    },
  };
}

/** The youngest last: whatever moment this ends at, no line is lost. */
function putAside(file: string, olderFiles: number): boolean {
  try {
    if (!statSync(file).isFile()) return false; // a terminal or a pipe
    for (let n = olderFiles - 1; n >= 1; n--) renameIfThere(`${file}.${String(n)}`, `${file}.${String(n + 1)}`);
    renameSync(file, `${file}.1`);
    return true;
  } catch {
    return false;
  }
}

function renameIfThere(from: string, to: string): void {
  if (statSync(from, { throwIfNoEntry: false })) renameSync(from, to);
}

function sizeOf(file: string): number {
  try {
    return statSync(file).size;
  } catch {
    return 0;
  }
}
