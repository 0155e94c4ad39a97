import { constants } from "node:fs";
import { open, stat, type FileHandle } from "node:fs/promises";
import type { GrowingLog, LogPart } from "../lib/growing-log.ts";
import { orAbsent } from "../lib/or-absent.ts";

const pieceBytes = 1024 * 1024;

/** Makes the file `target` hold what the log holds now, and `<target>.1` what was put aside from the log. */
export async function copyLog(log: GrowingLog, target: string): Promise<void> {
  const asideTarget = `${target}.1`;
  const copiedAt = (await orAbsent(stat(asideTarget)))?.mtimeMs ?? 0;
  const aside = await log.open("aside");
  try {
    const anew = aside !== undefined && aside.modifiedAt > copiedAt;
    // The log is copied before the part that was put aside. If the copying is interrupted in between,
    // `<target>.1` is still old, so the next call copies both anew. As soon as a byte of `<target>.1` is
    // written, `<target>.1` is new, and the next call only appends the rest.
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
 * Makes `target` hold what `source` holds now, by appending what `source` has grown by since the last call.
 * `source` only ever grows. An interrupted call is continued by the next one. If the target is longer than
 * its source, somebody else wrote it, and it is replaced. Does nothing without a source. With `anew`, the
 * target is replaced in any case.
 */
export async function copyGrowth(source: LogPart | undefined, target: string, { anew = false } = {}): Promise<void> {
  if (!source) return;
  // Sessions may write to this folder. So the target must not be a symbolic link, which could lead elsewhere,
  // nor a pipe, whose opening could block.
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
  // Copies up to the size at the time of opening. A log that grows faster than it is copied must not keep
  // this loop busy for ever.
  for (let at = target.size > source.size ? 0 : target.size; at < source.size;) {
    const length = await source.read(piece, Math.min(piece.length, source.size - at), at);
    if (length === 0) return;
    for (let written = 0; written < length;)
      written += (await to.write(piece, written, length - written, at + written)).bytesWritten;
    at += length;
  }
}
