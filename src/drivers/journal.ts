import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { isJournaled, parseDriverLine, type DriverEvent } from "./messages.ts";

/** The events of a driver that is gone, from its journal's file; a last line that was cut short is not an event. */
export async function readJournal(folder: string, after: number): Promise<DriverEvent[]> {
  const content = await readFile(join(folder, "journal"), "utf8").catch(() => "");
  const lines = content.split("\n");
  lines.pop(); // what follows the last newline: nothing, or a line cut short
  return lines
    .map(parseDriverLine)
    .filter((message) => message !== undefined)
    .filter(isJournaled)
    .filter((event) => event.seq > after);
}
