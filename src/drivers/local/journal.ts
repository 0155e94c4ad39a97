import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { isGone } from "./processes.ts";
import { isJournaled, parseDriverLine, type JournaledMessage } from "../messages.ts";

/** The events of a driver that is gone, from its journal's file; a last line that was cut short is not an event. Rejects if there is one that cannot be read. */
export async function readJournal(folder: string, after: number): Promise<JournaledMessage[]> {
  const lines = (await contentOf(join(folder, "journal"))).split("\n");
  lines.pop(); // what follows the last newline: nothing, or a line cut short
  return lines
    .map(parseDriverLine)
    .filter((message) => message !== undefined)
    .filter(isJournaled)
    .filter((event) => event.seq > after);
}

/** Whether the driver's supervisor has ever run. */
export async function hasJournal(folder: string): Promise<boolean> {
  return (await contentOf(join(folder, "journal"))) !== "";
}

async function contentOf(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if (isGone(error)) return "";
    throw error;
  }
}
