import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { orAbsent } from "./or-absent.ts";

/** A log that grows until it is full. Then what it held is put aside, in the place of what was put aside before, and it begins anew. */
export interface GrowingLog {
  /** Undefined if there is no such part. Whoever opens a part closes it. */
  open(part: "current" | "aside"): Promise<LogPart | undefined>;
}

export interface LogPart {
  /** In bytes, when it was opened. */
  readonly size: number;
  /** Epoch milliseconds, when it was opened. */
  readonly modifiedAt: number;
  /** Fills `into` from its beginning with at most `length` bytes, from `position` on; answers how many bytes came. */
  read(into: Buffer, length: number, position: number): Promise<number>;
  close(): Promise<void>;
}

/** A log in a file; what was put aside is in `<path>.1`. */
export function logFile(path: string): GrowingLog {
  return {
    async open(part) {
      // User code may write where the log lies: a link to elsewhere is not followed, and a pipe is not waited for.
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
