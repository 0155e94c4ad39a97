import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { format } from "prettier";
import { packageRoot } from "../src/lib/package-root.ts";
import { savedResults, type Result } from "./results.ts";

interface Bar {
  readonly label: string;
  readonly figure: string;
  readonly bench: string;
  readonly isOurs: boolean;
}

/**
 * What the plot shows, in groups that have one scale each. A bar whose figure was not measured is left out.
 */
const groups: readonly { title: string; bars: readonly Bar[] }[] = [
  {
    title: "Until the first result of Spark",
    bars: [
      bar("bare PySpark: process → first count", "session", "bare PySpark: process → first count, p50", false),
      bar("Glaux, cold: StartSession → first count", "session", "cold: StartSession → first count, p50"),
      bar("Glaux, pool: first count of a session", "session", "pool: first count of a session, p50"),
    ],
  },
  {
    title: "StartSession → IDLE",
    bars: [
      bar("cold", "session", "cold: StartSession → IDLE, p50"),
      bar("pool, a fresh context on a warm JVM", "context", "context-static property: StartSession → IDLE, boto3, p50"),
      bar("pool", "hit", "hit: StartSession → IDLE, boto3, p50"),
    ],
  },
  {
    title: "1+1, sent → result seen",
    bars: [
      bar("a cell of a Jupyter kernel", "calculation", "1+1: a cell of a Jupyter kernel (ipykernel), p50", false),
      bar("Glaux: a calculation", "calculation", "1+1: StartCalculation → COMPLETED seen, raw signed client, p50"),
    ],
  },
];

const size = { width: 760, label: 290, bar: 22, gap: 8, title: 34 };

/** Draws docs/bench.svg from the last results of all benches. */
export async function drawResults(): Promise<void> {
  const svg = await format(render(savedResults()), { parser: "html", printWidth: 120 });
  await writeFile(join(packageRoot(), "docs/bench.svg"), svg);
}

function render(results: readonly Result[]): string {
  let y = 0;
  const parts: string[] = [];
  for (const { title, bars } of groups) {
    const shown = bars.flatMap((one) => {
      const value = valueOf(results, one);
      return value === undefined ? [] : [{ ...one, value }];
    });
    if (shown.length === 0) continue;
    y += size.title;
    parts.push(`<text x="0" y="${String(y - 10)}" font-weight="bold">${escaped(title)}</text>`);
    const longest = Math.max(...shown.map(({ value }) => value));
    for (const { label, value, isOurs } of shown) {
      parts.push(...drawBar(y, label, value, (value / longest) * (size.width - size.label - 90), isOurs));
      y += size.bar + size.gap;
    }
  }
  const measured = [...new Set(results.map(({ day, machine }) => `${day}, ${machine}`))].join("; ");
  y += 20;
  parts.push(`<text x="0" y="${String(y)}" font-size="11" fill="#777">Medians. ${escaped(measured)}</text>`);
  const box = `0 0 ${String(size.width)} ${String(y + 10)}`;
  const font = `font-family="system-ui, sans-serif" font-size="13" fill="#444"`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="${box}" width="${String(size.width)}" ${font}>${parts.join("")}</svg>`;
}

function drawBar(y: number, label: string, value: number, width: number, isOurs: boolean): string[] {
  const middle = String(y + size.bar / 2 + 5);
  const end = size.label + Math.max(2, width);
  return [
    `<text x="0" y="${middle}">${escaped(label)}</text>`,
    `<rect x="${String(size.label)}" y="${String(y)}" width="${(end - size.label).toFixed(1)}" height="${String(size.bar)}" fill="${isOurs ? "#2f7d5d" : "#b9b4aa"}" />`,
    `<text x="${(end + 6).toFixed(1)}" y="${middle}">${shownTime(value)}</text>`,
  ];
}

function valueOf(results: readonly Result[], { bench, figure }: Bar): number | undefined {
  return results.find((one) => one.bench === bench)?.rows.find((row) => row.figure === figure)?.value;
}

function shownTime(ms: number): string {
  return ms < 1000 ? `${ms < 10 ? ms.toFixed(1) : ms.toFixed(0)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

function bar(label: string, bench: string, figure: string, isOurs = true): Bar {
  return { label, bench, figure, isOurs };
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
