import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { isGone } from "./processes.ts";
import { isJournaled, parseDriverLine, type JournaledMessage } from "../messages.ts";

/**
 * Reads the events of a driver that is gone from its journal's file: those whose number is greater than
 * `after`. A last line that was cut short is not an event. Empty if there is no journal. Rejects if the
 * journal exists and cannot be read.
 */
export async function readJournal(folder: string, after: number): Promise<JournaledMessage[]> {
  const lines = (await contentOf(join(folder, "journal"))).split("\n");
  lines.pop(); // the text after the last newline: empty, or a line that was cut short
  return lines
    .map(parseDriverLine)
    .filter((message) => message !== undefined)
    .filter(isJournaled)
    .filter((event) => event.seq > after);
}

/** Whether the driver's supervisor has ever run, which its journal shows. */
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
