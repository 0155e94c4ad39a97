/** Samples of one figure, in milliseconds. */
export interface Figure {
  name: string;
  samples: number[];
}

export function percentile(samples: readonly number[], share: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN;
}

export function median(samples: readonly number[]): number {
  return percentile(samples, 0.5);
}

/** A table in Markdown of each figure's median, 95th percentile and spread, and its ratio to the figure it is compared with. */
export function renderTable(figures: readonly Figure[], compared: ReadonlyMap<string, string>): string {
  const medianOf = (name: string | undefined) => median(figures.find((figure) => figure.name === name)?.samples ?? []);
  const rows = figures.map(({ name, samples }) => {
    const other = compared.get(name);
    const ratio = other === undefined ? "" : `${(median(samples) / medianOf(other)).toFixed(2)} × ${other}`;
    return [
      name,
      shown(median(samples)),
      shown(percentile(samples, 0.95)),
      shown(Math.min(...samples)),
      String(samples.length),
      ratio,
    ];
  });
  const head = ["figure", "median ms", "p95 ms", "min ms", "n", "ratio of medians"];
  return [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

function shown(ms: number): string {
  return ms < 100 ? ms.toFixed(1) : ms.toFixed(0);
}
