// A simulated day of 10,000 sessions over drivers that are no processes, for several bounds of the pool: how many sessions are served at once, and how much memory waits.
import { simulateDay } from "../test/pool/simulated-day.ts";
import type { Row } from "./row.ts";

const maxima = [2, 6, 12];
/** What a member takes: the bench `memory` measures it. */
const memberMb = 400;

export async function day(): Promise<Row[]> {
  const rows: Row[] = [];
  for (const max of maxima) {
    const began = performance.now();
    const { sessions, hits, launched, sizes } = await simulateDay({ min: 1, max });
    const mean = sizes.reduce((sum, { size }) => sum + size, 0) / sizes.length;
    const pool = `pool of 1 to ${String(max)}`;
    rows.push(
      { figure: `${pool}: sessions served at once, of ${String(sessions)}`, value: hits / sessions, unit: "×" },
      { figure: `${pool}: boots for each session`, value: launched / sessions, unit: "×", below: 1.1 },
      { figure: `${pool}: memory of waiting members, mean`, value: mean * memberMb, unit: "MB" },
      { figure: `${pool}: the simulation itself`, value: performance.now() - began, unit: "ms" },
    );
  }
  return rows;
}
