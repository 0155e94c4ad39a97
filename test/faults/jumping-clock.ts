// Loaded before a program (`node --import`): its clock is off by as many milliseconds as the file GLAUX_TEST_CLOCK says. What measures durations is left alone.
import { readFileSync } from "node:fs";

const file = process.env["GLAUX_TEST_CLOCK"] ?? "";
const RealDate = Date;
const now = () => RealDate.now() + offsetMs();

function offsetMs(): number {
  try {
    return Number(readFileSync(file, "utf8"));
  } catch {
    return 0; // not set yet
  }
}

globalThis.Date = new Proxy(RealDate, {
  construct: (target, parts: unknown[], wanted) =>
    Reflect.construct(target, parts.length === 0 ? [now()] : parts, wanted) as object,
  get: (target, key): unknown => (key === "now" ? now : Reflect.get(target, key)),
});
