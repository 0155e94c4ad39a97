import { destination, pino, type Logger } from "pino";

export type Log = Logger;

/** What is kept of lines that cannot be written, for when they can be; all further ones are dropped. */
const keptBytes = 1024 * 1024;

/** The service's log: one JSON object a line, appended to a file, or to standard error for `-`. Errors are under `err`, with their causes. */
export function openLog(options: { level: string; file: string }): Log {
  const target =
    options.file === "-"
      ? destination({ dest: 2, sync: true, maxLength: keptBytes })
      : destination({ dest: options.file, append: true, mkdir: true, mode: 0o600, sync: true, maxLength: keptBytes });
  // A full disk must not end the service. pino's own listener removes itself at the first error, and an error without a listener is thrown.
  target.on("error", () => undefined);
  return pino({ level: options.level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, target);
}
