// Loaded before a program (`node --import`). It shifts the program's `Date` by the number of milliseconds in
// the file that GLAUX_TEST_CLOCK names. Clocks that measure durations are not changed.
import { readFileSync } from "node:fs";

const file = process.env["GLAUX_TEST_CLOCK"] ?? "";
const RealDate = Date;
const now = () => RealDate.now() + offsetMs();

function offsetMs(): number {
  try {
    return Number(readFileSync(file, "utf8"));
  } catch {
    return 0; // the test has not set the clock yet
  }
}

globalThis.Date = new Proxy(RealDate, {
  construct: (target, parts: unknown[], wanted) =>
    Reflect.construct(target, parts.length === 0 ? [now()] : parts, wanted) as object,
  get: (target, key): unknown => (key === "now" ? now : Reflect.get(target, key)),
});
