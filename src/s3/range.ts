import { invalidRange } from "./errors.ts";

/** Inclusive, within the object. */
export interface ByteRange {
  start: number;
  end: number;
}

/**
 * The part of an object of `size` bytes that a Range header asks for; undefined means all of it, which is also the answer to a
 * header that is malformed or names several ranges, as at S3. Throws InvalidRange if nothing of the range is there.
 * https://www.rfc-editor.org/rfc/rfc9110#section-14.1.2
 */
export function rangeOf(header: string | undefined, size: number): ByteRange | undefined {
  const match = /^bytes\s*=\s*(\d*)\s*-\s*(\d*)$/i.exec(header?.trim() ?? "");
  const [whole, first = "", last = ""] = match ?? [];
  if (whole === undefined || (first === "" && last === "")) return undefined;
  const end = last === "" ? Infinity : Number(last);
  if (first !== "" && end < Number(first)) return undefined;
  const start = first === "" ? Math.max(0, size - end) : Number(first);
  if (start >= size) throw invalidRange(whole, size);
  return { start, end: first === "" ? size - 1 : Math.min(end, size - 1) };
}
