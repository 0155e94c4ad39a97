import { destination, pino, type Logger } from "pino";

export type Log = Logger;

/** The service's log: one JSON object a line, appended to a file, or to standard error for `-`. Errors are under `err`, with their causes. */
export function openLog(options: { level: string; file: string }): Log {
  const target =
    options.file === "-"
      ? destination({ dest: 2, sync: true })
      : destination({ dest: options.file, append: true, mkdir: true, mode: 0o600, sync: true });
  return pino({ level: options.level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, target);
}
