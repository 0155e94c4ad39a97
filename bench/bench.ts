import type { Row } from "./row.ts";

export interface BenchOptions {
  /** How often the thing is measured; each bench has its default. */
  readonly rounds?: number;
  /** How long a load lasts. */
  readonly seconds?: number;
}

export interface Bench {
  readonly about: string;
  readonly run: (options: BenchOptions) => Promise<Row[]>;
}
