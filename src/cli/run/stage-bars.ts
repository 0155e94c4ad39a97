import { z } from "zod";
import { fit } from "./columns.ts";

/** The answer of `GET /-/calculations/<id>/progress`. */
export const calculationProgress = z.object({
  progress: z.number(),
  completedTasks: z.number(),
  totalTasks: z.number(),
  activeTasks: z.number(),
  stages: z.array(z.object({ stageId: z.number(), name: z.string(), completed: z.number(), total: z.number() })),
});

export type CalculationProgress = z.infer<typeof calculationProgress>;

const maxBars = 6;
const barWidth = 24;

/** One line for each active stage, in plain ASCII, so that any terminal and any locale can show it. */
export function stageBars({ stages }: Pick<CalculationProgress, "stages">, columns: number): string[] {
  const shown = [...stages].sort((a, b) => a.stageId - b.stageId).slice(0, maxBars);
  const more = stages.length - shown.length;
  return [...shown.map((stage) => line(stage, columns)), ...(more > 0 ? [`... and ${String(more)} more stages`] : [])];
}

function line({ stageId, name, completed, total }: CalculationProgress["stages"][number], columns: number): string {
  const done = total === 0 ? 0 : Math.min(1, completed / total);
  const filled = Math.floor(done * barWidth);
  const head = filled < barWidth && done > 0 ? ">" : "";
  const bar = ("=".repeat(filled) + head).slice(0, barWidth).padEnd(barWidth);
  const numbers = `Stage ${String(stageId)} [${bar}] ${String(completed)}/${String(total)}`;
  const room = columns - numbers.length - 3;
  return room < 8 ? numbers : `${numbers}  ${fit(oneLine(name), room)}`;
}

// A stage's name may hold user code, and so any character.

const oneLine = (text: string) => text.replace(/[\u0000-\u001f\u007f-\u009f]+/g, " ");
