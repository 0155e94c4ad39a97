import type { IncomingMessage } from "node:http";

/**
 * Reads what is left of a request and keeps nothing of it. False if there is more than allowed, or it takes
 * longer.
 */
export function discardRest(request: IncomingMessage, limitBytes: number, limitMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    let leftBytes = limitBytes;
    const done = (isWhole: boolean) => {
      clearTimeout(timer);
      request.off("data", count);
      if (!isWhole) request.pause();
      resolve(isWhole);
    };
    const count = (chunk: Buffer) => {
      leftBytes -= chunk.length;
      if (leftBytes < 0) done(false);
    };
    const timer = setTimeout(done, limitMs, false);
    request.on("data", count);
    request.on("close", () => {
      done(request.complete);
    });
    request.resume();
  });
}
