import { open } from "node:fs/promises";

/**
 * The last lines of a log, at most `bytes` bytes; empty if there is no log. If the log has just begun anew,
 * the lines begin in `<path>.1`, the older log that was put aside.
 */
export async function fileTail(path: string, bytes = 600): Promise<string> {
  const tail = await tailOf(path, bytes);
  const missing = bytes - Buffer.byteLength(tail) - 1;
  const before = tail.includes("\n") || missing <= 0 ? "" : await tailOf(`${path}.1`, missing);
  return before && tail ? `${before}\n${tail}` : before + tail;
}

async function tailOf(path: string, bytes: number): Promise<string> {
  const file = await open(path, "r").catch(() => undefined);
  if (!file) return "";
  try {
    const { size } = await file.stat();
    const { buffer, bytesRead } = await file.read(
      Buffer.alloc(Math.min(bytes, size)),
      0,
      null,
      Math.max(0, size - bytes),
    );
    const text = buffer.subarray(0, bytesRead).toString("utf8");
    return (size > bytes ? text.slice(text.indexOf("\n") + 1) : text).trimEnd();
  } finally {
    await file.close();
  }
}
