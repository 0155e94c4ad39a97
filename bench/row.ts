import { median, percentile } from "./samples.ts";

/** One figure of a bench, and the bar that it is held against. */
export interface Row {
  readonly figure: string;
  readonly value: number;
  readonly unit: "µs" | "ms" | "MB" | "×" | "/s";
  /**
   * The bars: the value has to stay under `below`, or has to reach `atLeast`. A row without a bar only
   * informs.
   */
  readonly below?: number;
  readonly atLeast?: number;
  /** The samples that the value was made from. */
  readonly samples?: readonly number[];
}

export type Bar = Pick<Row, "below" | "atLeast">;

export function medianRow(figure: string, samples: readonly number[], bar: Bar = {}): Row {
  return { figure: `${figure}, p50`, value: median(samples), unit: "ms", samples, ...bar };
}

/**
 * Rows of the median, the 95th and the 99th percentile. The median and the 99th percentile may have a bar.
 */
export function latencyRows(
  figure: string,
  samples: readonly number[],
  bars: { p50?: number; p99?: number } = {},
): Row[] {
  return [
    medianRow(figure, samples, bars.p50 === undefined ? {} : { below: bars.p50 }),
    { figure: `${figure}, p95`, value: percentile(samples, 0.95), unit: "ms" },
    {
      figure: `${figure}, p99`,
      value: percentile(samples, 0.99),
      unit: "ms",
      ...(bars.p99 === undefined ? {} : { below: bars.p99 }),
    },
  ];
}

export function ratioRow(figure: string, value: number, bar: Bar = {}): Row {
  return { figure, value, unit: "×", ...bar };
}

export function verdict({ value, below, atLeast }: Row): "pass" | "MISSED" | "" {
  if (below === undefined && atLeast === undefined) return "";
  return (below === undefined || value < below) && (atLeast === undefined || value >= atLeast) ? "pass" : "MISSED";
}

/** A table in Markdown. */
export function renderRows(rows: readonly Row[]): string {
  const head = ["figure", "value", "bar", "", "n"];
  const body = rows.map((row) => [
    row.figure,
    shown(row.value, row.unit),
    barOf(row),
    verdict(row),
    row.samples === undefined ? "" : String(row.samples.length),
  ]);
  return [head, head.map(() => "---"), ...body].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

function barOf({ below, atLeast, unit }: Row): string {
  if (below !== undefined) return `< ${shown(below, unit)}`;
  return atLeast === undefined ? "" : `≥ ${shown(atLeast, unit)}`;
}

function shown(value: number, unit: Row["unit"]): string {
  if (unit === "×") return `${value.toFixed(2)} ×`;
  return `${value < 100 && unit === "ms" && !Number.isInteger(value) ? value.toFixed(1) : value.toFixed(0)} ${unit}`;
}
