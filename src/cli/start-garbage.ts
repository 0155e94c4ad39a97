import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** Collects the garbage of the start, some 25 MB. V8 would keep it for as long as memory is not short. */
export function collectStartGarbage(): void {
  setFlagsFromString("--expose-gc");
  const gc = runInNewContext("globalThis.gc") as
    ((options: { type: "major"; flavor: "last-resort" }) => void) | undefined;
  setFlagsFromString("--no-expose-gc");
  gc?.({ type: "major", flavor: "last-resort" });
}
