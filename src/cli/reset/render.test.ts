import { expect, test } from "vitest";
import type { Holdings } from "./holdings.ts";
import { renderBytes, renderHoldings } from "./render.ts";

test.each([
  [0, "0 B"],
  [999, "999 B"],
  [1_000, "1.0 kB"],
  [2_549, "2.5 kB"],
  [123_456, "123 kB"],
  [1_234_567_890_123_456, "1235 TB"],
])("%d bytes are %s", (bytes, text) => {
  expect(renderBytes(bytes)).toBe(text);
});

test("what was not counted to its end, and what is not there", () => {
  const holdings: Holdings = {
    folder: "/home",
    isInterrupted: false,
    databases: [],
    store: undefined,
    buckets: [{ name: "large", size: { files: 1_234_567, bytes: 5e9, isWhole: false } }],
    drivers: { count: 0, size: { files: 0, bytes: 0, isWhole: true } },
    keys: [],
    logs: [],
    links: [],
    engines: ["/engines"],
    logElsewhere: undefined,
    others: [],
  };
  expect(renderHoldings(holdings)).toBe(
    [
      "`glaux reset` removes from /home:",
      "",
      "  Buckets   large: more than 1,234,567 files, 5.0 GB",
      "",
      "It keeps:",
      "",
      "  Engines   /engines",
      "",
    ].join("\n"),
  );
});
