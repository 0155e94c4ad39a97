import type { Row } from "./row.ts";

export interface BenchOptions {
  /** How many rounds are measured; each bench has its own default. */
  readonly rounds?: number;
  /** How many seconds a load lasts. */
  readonly seconds?: number;
}

export interface Bench {
  readonly about: string;
  readonly run: (options: BenchOptions) => Promise<Row[]>;
}
