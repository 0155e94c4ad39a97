import { constants } from "node:fs";
import { open, stat, type FileHandle } from "node:fs/promises";
import { orAbsent } from "./true-path.ts";

const pieceBytes = 1024 * 1024;

/**
 * Makes `target` follow `source`, a log that is emptied when it is full, what it held being then in `<source>.1`, in the place of what was there before: the
 * targets are the same two files.
 */
export async function copyLog(source: string, target: string): Promise<void> {
  const [aside, asideTarget] = [`${source}.1`, `${target}.1`];
  const putAsideAt = await modifiedAt(aside);
  const anew = putAsideAt !== undefined && putAsideAt > ((await modifiedAt(asideTarget)) ?? 0);
  // In this order: cut short, it is all done again. Once a byte of the second is written, the rest of it is growth.
  await copyGrowth(source, target, { anew });
  await copyGrowth(aside, asideTarget, { anew });
}

async function modifiedAt(path: string): Promise<number | undefined> {
  return (await orAbsent(stat(path)))?.mtimeMs;
}

/**
 * Makes `target` hold what `source`, a file that only grows, holds now: copies what has come since the last time. Cut short at any point, it goes on where it
 * ended. A target that is longer than its source was written by somebody else, and is replaced. Without a source it does nothing.
 * With `anew` the target is replaced whatever it holds.
 */
export async function copyGrowth(source: string, target: string, { anew = false } = {}): Promise<void> {
  // Sessions may write where both lie: neither may be a link to elsewhere, nor a pipe, which would be waited for.
  const { O_RDONLY, O_RDWR, O_CREAT, O_NOFOLLOW, O_NONBLOCK } = constants;
  const from = await orAbsent(open(source, O_RDONLY | O_NOFOLLOW | O_NONBLOCK));
  if (!from) return;
  try {
    const to = await open(target, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o600);
    try {
      if (anew) await to.truncate(0);
      await append(from, to);
    } finally {
      await to.close();
    }
  } finally {
    await from.close();
  }
}

async function append(from: FileHandle, to: FileHandle): Promise<void> {
  const [source, target] = [await from.stat(), await to.stat()];
  if (!target.isFile()) throw new Error("Something else than a file is where a log is to be written");
  if (target.size > source.size) await to.truncate(0);
  const piece = Buffer.alloc(Math.min(pieceBytes, source.size));
  // The size of now: who writes faster than this copies must not keep it busy.
  for (let at = target.size > source.size ? 0 : target.size; at < source.size;) {
    const { bytesRead } = await from.read(piece, 0, Math.min(piece.length, source.size - at), at);
    if (bytesRead === 0) return;
    for (let written = 0; written < bytesRead;)
      written += (await to.write(piece, written, bytesRead - written, at + written)).bytesWritten;
    at += bytesRead;
  }
}
