import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** Collects what the start has left, some 25 MB, which V8 would keep for as long as it is not short of memory. */
export function collectStartGarbage(): void {
  setFlagsFromString("--expose-gc");
  const gc = runInNewContext("globalThis.gc") as
    ((options: { type: "major"; flavor: "last-resort" }) => void) | undefined;
  setFlagsFromString("--no-expose-gc");
  gc?.({ type: "major", flavor: "last-resort" });
}
