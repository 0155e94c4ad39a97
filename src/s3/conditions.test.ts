import { expect, test } from "vitest";
import { isRangeValid, isToBeSent } from "./conditions.ts";

const etag = '"0123-1"';
const info = { size: 1, etag, contentType: "", modifiedAt: Date.UTC(2024, 0, 1, 0, 0, 0, 789) };
const at = "Mon, 01 Jan 2024 00:00:00 GMT";
const before = "Sun, 31 Dec 2023 23:59:59 GMT";
const other = '"other"';
const failed = "pre-conditions";

test.each([
  [{}, true],
  [{ "if-match": etag }, true],
  [{ "if-match": "0123-1" }, true],
  [{ "if-match": "*" }, true],
  [{ "if-match": `${other}, ${etag}` }, true],
  [{ "if-match": other }, failed],
  [{ "if-none-match": etag }, false],
  [{ "if-none-match": `W/${etag}` }, false],
  [{ "if-none-match": "*" }, false],
  [{ "if-none-match": other }, true],
  [{ "if-modified-since": at }, false],
  [{ "if-modified-since": before }, true],
  [{ "if-unmodified-since": at }, true],
  [{ "if-unmodified-since": before }, failed],
  // Where both an ETag and a date are given, the ETag decides.
  [{ "if-match": etag, "if-unmodified-since": before }, true],
  [{ "if-match": other, "if-unmodified-since": at }, failed],
  [{ "if-none-match": other, "if-modified-since": at }, true],
  [{ "if-none-match": etag, "if-modified-since": before }, false],
  // If-Match is checked first, because it fails the request.
  [{ "if-match": other, "if-none-match": etag }, failed],
  // A header that is not a date is ignored.
  [{ "if-modified-since": "yesterday" }, true],
  [{ "if-unmodified-since": "1" }, true],
])("%j → %s", (headers, outcome) => {
  if (typeof outcome === "boolean") expect(isToBeSent(headers, info)).toBe(outcome);
  else expect(() => isToBeSent(headers, info)).toThrow(outcome);
});

test("a range counts only if If-Range names the object as it is", () => {
  for (const ifRange of [undefined, etag, at])
    expect(isRangeValid(ifRange ? { "if-range": ifRange } : {}, info)).toBe(true);
  for (const ifRange of [other, before]) expect(isRangeValid({ "if-range": ifRange }, info)).toBe(false);
});
