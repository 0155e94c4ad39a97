import type { IncomingMessage } from "node:http";

/**
 * Reads what is left of a request's body and throws it away. Resolves with false if more than `limitBytes`
 * are left, if reading takes longer than `limitMs`, or if the client goes away before the end.
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
