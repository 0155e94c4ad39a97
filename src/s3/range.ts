import { invalidRange } from "./errors.ts";

/** The first and the last byte, both inclusive and within the object. */
export interface ByteRange {
  start: number;
  end: number;
}

/**
 * The part of an object of `size` bytes that a Range header asks for. Undefined means the whole object. As at
 * S3, a header that is malformed or names several ranges also gets the whole object. Throws InvalidRange if
 * no byte of the range is in the object. https://www.rfc-editor.org/rfc/rfc9110#section-14.1.2
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
