import { destination, pino, type Logger } from "pino";
import { rotatingFile, type RotatingFile } from "./rotating-file.ts";

export type Log = Logger;

export interface LogOptions {
  level: string;
  /** A path, or `-` for standard error. */
  file: string;
  /** Of the file; 0, the default, is no limit. */
  maxBytes?: number;
  /** Files that are kept beside the one that is written to. */
  olderFiles?: number;
}

/** What is kept of lines that cannot be written, for when they can be; all further ones are dropped. */
const keptBytes = 1024 * 1024;

/** The service's log: one JSON object a line, appended to a file, or to standard error for `-`. Errors are under `err`, with their causes. */
export function openLog(options: LogOptions): Log & Pick<RotatingFile, "reopen"> {
  const target = options.file === "-" ? standardError() : toFile(options);
  const log = pino({ level: options.level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, target);
  return Object.assign(log, { reopen: () => target.reopen() });
}

function toFile({ file, maxBytes = 0, olderFiles = 1 }: LogOptions): RotatingFile {
  return rotatingFile({ file, maxBytes, olderFiles, keptBytes });
}

function standardError(): RotatingFile {
  const stream = destination({ dest: 2, sync: true, maxLength: keptBytes });
  // A reader that went away must not end the service. pino's own listener removes itself at the first error, and an error without a listener is thrown.
  stream.on("error", () => undefined);
  return { write: (line) => stream.write(line), reopen: () => undefined };
}
