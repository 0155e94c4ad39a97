import { readdirSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { must } from "../chaos/violation.ts";
import type { World } from "./world.ts";

/** What a server holds when nobody asks anything of it and there is no session. */
export interface Held {
  readonly liveMb: number;
  readonly descriptors: number;
  /** Timers, sockets and the like, by name. */
  readonly resources: ReadonlyMap<string, number>;
}

const maxGrowth = 1.1;
/** Whatever closes or expires by itself does so within this time. */
const settleMs = 20_000;

/**
 * Looks again until the server holds no more than `before`, or fails. Garbage, and what is about to be freed,
 * is no leak.
 */
export async function heldBy(world: World, before?: Held): Promise<Held> {
  const latestAt = performance.now() + settleMs;
  for (;;) {
    await sleep(1_000);
    const held = await look(world);
    const grown = before === undefined ? undefined : growth(before, held);
    if (grown === undefined) return held;
    must(performance.now() < latestAt, () => `the server holds more than after its warm-up: ${grown}`);
  }
}

async function look({ server }: World): Promise<Held> {
  const holdings = await server.holdings();
  must(holdings !== undefined, () => `the server ended: ${server.output}`);
  const resources = new Map<string, number>();
  for (const name of holdings.resources) resources.set(name, (resources.get(name) ?? 0) + 1);
  return {
    liveMb: holdings.liveBytes / 2 ** 20,
    descriptors: readdirSync(`/proc/${String(server.pid)}/fd`).length,
    resources,
  };
}

function growth(before: Held, after: Held): string | undefined {
  if (after.liveMb > before.liveMb * maxGrowth)
    return `${after.liveMb.toFixed(1)} MB instead of ${before.liveMb.toFixed(1)}`;
  if (after.descriptors > before.descriptors)
    return `${String(after.descriptors)} descriptors instead of ${String(before.descriptors)}`;
  for (const [name, count] of after.resources) {
    const earlier = before.resources.get(name) ?? 0;
    if (count > earlier) return `${String(count)} ${name} instead of ${String(earlier)}`;
  }
  return undefined;
}
