import { destination, pino, type Logger } from "pino";
import { rotatingFile, type RotatingFile } from "./rotating-file.ts";

export type Log = Logger;

/** The settings of the same names. */
export interface LogOptions {
  logLevel: string;
  /** A path, or `-` for standard error. */
  logFile: string;
  /** 0, the default, means no limit. */
  logMaxBytes?: number;
  /** How many older files are kept beside the one that is written to. */
  olderLogFiles?: number;
}

/**
 * Lines that cannot be written are kept up to this size, and written when it is possible again. Further lines
 * are dropped.
 */
const keptBytes = 1024 * 1024;

/**
 * The service's log: one JSON object a line, appended to a file, or to standard error for `-`. Errors are
 * under `err`, with their causes.
 */
export function openLog(options: LogOptions): Log & Pick<RotatingFile, "reopen"> {
  const target = options.logFile === "-" ? standardError() : toFile(options);
  const log = pino({ level: options.logLevel, base: null, timestamp: pino.stdTimeFunctions.isoTime }, target);
  return Object.assign(log, { reopen: () => target.reopen() });
}

function toFile({ logFile, logMaxBytes = 0, olderLogFiles = 1 }: LogOptions): RotatingFile {
  return rotatingFile({ file: logFile, maxBytes: logMaxBytes, olderFiles: olderLogFiles, keptBytes });
}

function standardError(): RotatingFile {
  const stream = destination({ dest: 2, sync: true, maxLength: keptBytes });
  // A reader that went away must not end the service. pino's own listener removes itself at the first error,
  // and an error without a listener is thrown.
  stream.on("error", () => undefined);
  return { write: (line) => stream.write(line), reopen: () => undefined };
}
