import { delay } from "../../lib/delay.ts";
import { columnsOf } from "../output.ts";
import type { Screen } from "./screen.ts";
import type { ServiceLink } from "./service-link.ts";
import { calculationProgress, stageBars } from "./stage-bars.ts";

const lookEveryMs = 300;

/**
 * Draws the active stages until `signal` fires. If progress cannot be fetched or understood, nothing is
 * drawn; that is never an error.
 */
export async function showProgress(
  link: ServiceLink,
  calculationId: string,
  screen: Screen,
  signal: AbortSignal,
): Promise<void> {
  if (!screen.isLive) return;
  while (await delay(lookEveryMs, signal)) {
    const stages = await activeStages(link, calculationId, signal).catch(() => undefined);
    if (signal.aborted) break;
    if (stages === undefined || stages.length === 0) screen.clear();
    else screen.show(stageBars({ stages }, columnsOf(process.stderr)));
  }
  screen.clear();
}

async function activeStages(link: ServiceLink, id: string, signal: AbortSignal) {
  const response = await link.call(({ fetch }) => fetch("athena", `/-/calculations/${id}/progress`, { signal }));
  const body: unknown = await response.json().catch(() => undefined);
  return response.ok ? calculationProgress.parse(body).stages : undefined;
}
