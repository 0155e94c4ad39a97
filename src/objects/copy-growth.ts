import { constants } from "node:fs";
import { open, stat, type FileHandle } from "node:fs/promises";
import type { GrowingLog, LogPart } from "../lib/growing-log.ts";
import { orAbsent } from "../lib/or-absent.ts";

const pieceBytes = 1024 * 1024;

/** Makes the files `target` and `<target>.1` hold what the log and what was put aside from it hold now. */
export async function copyLog(log: GrowingLog, target: string): Promise<void> {
  const asideTarget = `${target}.1`;
  const copiedAt = (await orAbsent(stat(asideTarget)))?.mtimeMs ?? 0;
  const aside = await log.open("aside");
  try {
    const anew = aside !== undefined && aside.modifiedAt > copiedAt;
    // In this order: cut short, it is all done again. Once a byte of the second is written, the rest of it is growth.
    const current = await log.open("current");
    try {
      await copyGrowth(current, target, { anew });
    } finally {
      await current?.close();
    }
    await copyGrowth(aside, asideTarget, { anew });
  } finally {
    await aside?.close();
  }
}

/**
 * Makes `target` hold what `source`, which only grows, holds now: copies what has come since the last time. Cut short at any point, it goes on where it
 * ended. A target that is longer than its source was written by somebody else, and is replaced. Without a source it does nothing.
 * With `anew` the target is replaced whatever it holds.
 */
export async function copyGrowth(source: LogPart | undefined, target: string, { anew = false } = {}): Promise<void> {
  if (!source) return;
  // Sessions may write there: the target may not be a link to elsewhere, nor a pipe, which would be waited for.
  const { O_RDWR, O_CREAT, O_NOFOLLOW, O_NONBLOCK } = constants;
  const to = await open(target, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o600);
  try {
    if (anew) await to.truncate(0);
    await append(source, to);
  } finally {
    await to.close();
  }
}

async function append(source: LogPart, to: FileHandle): Promise<void> {
  const target = await to.stat();
  if (!target.isFile()) throw new Error("Something else than a file is where a log is to be written");
  if (target.size > source.size) await to.truncate(0);
  const piece = Buffer.alloc(Math.min(pieceBytes, source.size));
  // Up to the size at the opening: who writes faster than this copies must not keep it busy.
  for (let at = target.size > source.size ? 0 : target.size; at < source.size;) {
    const length = await source.read(piece, Math.min(piece.length, source.size - at), at);
    if (length === 0) return;
    for (let written = 0; written < length;)
      written += (await to.write(piece, written, length - written, at + written)).bytesWritten;
    at += length;
  }
}
