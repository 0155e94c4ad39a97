import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { orAbsent } from "./or-absent.ts";

/**
 * A log that grows until it is full. Then its content is put aside, replacing the content that was put aside
 * before, and the log begins anew.
 */
export interface GrowingLog {
  /** Undefined if the log has no such part. Whoever opens a part closes it. */
  open(part: "current" | "aside"): Promise<LogPart | undefined>;
}

export interface LogPart {
  /** Size in bytes when the part was opened. */
  readonly size: number;
  /** Time of the last change in epoch milliseconds, when the part was opened. */
  readonly modifiedAt: number;
  /**
   * Reads at most `length` bytes at `position` into the beginning of `into`. Returns how many bytes were
   * read.
   */
  read(into: Buffer, length: number, position: number): Promise<number>;
  close(): Promise<void>;
}

/** A log in a file. The content that was put aside is in `<path>.1`. */
export function logFile(path: string): GrowingLog {
  return {
    async open(part) {
      // User code may write to the log's folder. So a link to elsewhere is not followed, and a pipe is not
      // waited for.
      const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
      const file = await orAbsent(open(part === "current" ? path : `${path}.1`, flags));
      if (!file) return undefined;
      try {
        const { size, mtimeMs } = await file.stat();
        return {
          size,
          modifiedAt: mtimeMs,
          read: async (into, length, position) => (await file.read(into, 0, length, position)).bytesRead,
          close: () => file.close(),
        };
      } catch (error) {
        await file.close();
        throw error;
      }
    },
  };
}
