import { readFileSync } from "node:fs";
import { join } from "node:path";

interface LogLine {
  readonly msg: string;
  readonly driverId?: string;
  readonly conf?: readonly string[];
}

/** The complete lines of the service's log that have this message, in order. */
export function saidInLog(home: string, message: string): LogLine[] {
  return readFileSync(join(home, "glaux.log"), "utf8")
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line) as LogLine)
    .filter(({ msg }) => msg === message);
}
