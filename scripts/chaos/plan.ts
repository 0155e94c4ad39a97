import { random, type Random } from "../random.ts";

/**
 * What a seed decides of one round. All times are milliseconds; with a real Spark they are multiplied by
 * `pace`.
 */
export interface RoundPlan {
  /** Each client's steps. A client takes one step after the other; all clients work at once. */
  readonly clients: readonly (readonly Step[])[];
  readonly kill: Kill;
  /** The time from the server's death to the start of the next server. */
  readonly downMs: number;
  /**
   * Servers that are killed while they start, before a server that lives. Each number says when, as a share
   * of the time that a start takes.
   */
  readonly bootKills: readonly number[];
  /** True if a driver that no server knows is put among the others while no server runs. */
  readonly hasStray: boolean;
}

export type Act = "start session" | "calculate" | "stop" | "terminate" | "look";

export interface Step {
  readonly act: Act;
  /** The pause before the step. */
  readonly pauseMs: number;
  /** Which of the existing sessions or calculations the step is for, from 0 to below 1. */
  readonly choice: number;
  /** How long the step's calculation runs, if it starts one. */
  readonly runMs: number;
}

/**
 * When the server is killed: `afterMs` after an event. `moment`: after the round's begin. `request`: after
 * the first request of this act is sent. `result`: after the first code ends.
 */
export type Kill =
  | { readonly when: "moment"; readonly afterMs: number }
  | { readonly when: "request"; readonly act: Act; readonly afterMs: number }
  | { readonly when: "result"; readonly afterMs: number };

const clients = 3;

export function planRound(seed: number, round: number, pace: number): RoundPlan {
  const source = random(seed * 1_000_003 + round);
  const upTo = (ms: number) => Math.round(source.next() * ms * pace);
  return {
    clients: Array.from({ length: clients }, () => steps(source, upTo)),
    kill: killOf(source, upTo),
    downMs: source.chance(0.3) ? upTo(300) : 0,
    bootKills: Array.from({ length: source.pick([0, 0, 0, 1, 1, 2]) }, () => source.next() * 1.3),
    hasStray: source.chance(0.1),
  };
}

function steps(source: Random, upTo: (ms: number) => number): Step[] {
  return Array.from({ length: 1 + source.below(4) }, () => ({
    act: source.pick(acts),
    pauseMs: upTo(30),
    choice: source.next(),
    runMs: source.chance(0.4) ? upTo(20) : upTo(400),
  }));
}

const acts: readonly Act[] = [
  ...Array<Act>(3).fill("start session"),
  ...Array<Act>(6).fill("calculate"),
  "stop",
  "stop",
  "terminate",
  "look",
];

function killOf(source: Random, upTo: (ms: number) => number): Kill {
  const when = source.pick(["moment", "request", "request", "result"] as const);
  if (when === "moment") return { when, afterMs: upTo(200) };
  // A short time, so that the kill falls within the request: an answer takes a few milliseconds, whatever the
  // engine.
  const afterMs = source.next() * 12;
  if (when === "result") return { when, afterMs };
  return { when, afterMs, act: source.pick(["start session", "calculate", "calculate", "stop", "terminate"]) };
}
