import { expect, test } from "vitest";
import type { InstallProgress } from "./progress.ts";
import { renderProgress } from "./render.ts";

const event = (change: Partial<InstallProgress>): InstallProgress => ({
  step: "packages",
  state: "running",
  message: "Spark",
  elapsedMs: 0,
  ...change,
});
const download = (receivedBytes: number, totalBytes: number | undefined = 317_400_000) =>
  event({ download: { name: "pyspark-3.5.7.tar.gz", receivedBytes, totalBytes }, elapsedMs: 12_300 });

function rendered(events: InstallProgress[], terminal: { isTTY: boolean; columns?: number }): string {
  let text = "";
  const render = renderProgress({ ...terminal, write: (more: string) => (text += more) });
  events.forEach(render);
  return text;
}

test("a terminal gets one line that is updated, and keeps what is done", () => {
  const text = rendered([download(0), download(103_000_000), event({ state: "done", elapsedMs: 40_000 })], {
    isTTY: true,
    columns: 80,
  });
  expect(text.split("\n")).toHaveLength(2);
  expect(text.split("\r\u001b[K").slice(1)).toEqual([
    "… Packages: pyspark-3.5.7.tar.gz (317 MB) (12 s)",
    "… Packages: pyspark-3.5.7.tar.gz 103 of 317 MB (12 s)",
    "✓ Packages: Spark (40 s)\n",
  ]);
});

test("a line is cut to the terminal's width, or it could not be updated", () => {
  expect(rendered([download(0)], { isTTY: true, columns: 30 }).replace("\r\u001b[K", "")).toHaveLength(29);
});

test("elsewhere each new thing is a plain line, and growing numbers are not", () => {
  const text = rendered([event({}), download(0), download(1_000_000), download(2_000_000), event({ state: "done" })], {
    isTTY: false,
  });
  expect(text).toBe("… Packages: Spark\n… Packages: pyspark-3.5.7.tar.gz (317 MB) (12 s)\n✓ Packages: Spark\n");
});

test("a size that is not known is left out", () => {
  expect(
    rendered([event({ download: { name: "x.whl", receivedBytes: 1_500_000, totalBytes: undefined } })], {
      isTTY: false,
    }),
  ).toBe("… Packages: x.whl 1.5 MB\n");
});
