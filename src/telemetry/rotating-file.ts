import { renameSync, statSync } from "node:fs";
import { destination } from "pino";

export interface RotatingFileOptions {
  file: string;
  /** The file is put aside before it would grow beyond this size; 0: never. */
  maxBytes: number;
  /** How many files that were put aside are kept: `<file>.1`, the youngest, to `<file>.<olderFiles>`. */
  olderFiles: number;
  /** Lines that cannot be written are kept in memory up to this size. Further lines are dropped. */
  keptBytes: number;
}

export interface RotatingFile {
  write(line: string): void;
  /** Goes on in a new file at the same path, after somebody else has moved the file away. */
  reopen(): void;
}

/**
 * A log file of bounded size. Each line is written before `write` returns, so that no line is lost in a
 * crash. This thread writes, because a worker would cost megabytes. Nothing here throws: a full disk, or a
 * folder that cannot be written to, costs lines or grows the file, but never the service.
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
    // Tried again when as many bytes have been written once more.
    else bytes = 0;
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

/**
 * Renames the older files first and the youngest last, so that no line is lost at whatever moment this ends.
 */
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
