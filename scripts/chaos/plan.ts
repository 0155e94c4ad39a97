import { random, type Random } from "../random.ts";

/** What a seed decides of one round. All times are milliseconds; where Spark is real, they are stretched by `pace`. */
export interface RoundPlan {
  /** What each client does, one step after the other; all clients at once. */
  readonly clients: readonly (readonly Step[])[];
  readonly kill: Kill;
  /** From the server's death to the start of the next. */
  readonly downMs: number;
  /** Servers that are killed as well, so long after their start, before the one that lives. A share of the time that a start takes. */
  readonly bootKills: readonly number[];
  /** A driver that no server knows is put among the others while none runs. */
  readonly hasStray: boolean;
}

export type Act = "start session" | "calculate" | "stop" | "terminate" | "look";

export interface Step {
  readonly act: Act;
  /** Before it. */
  readonly pauseMs: number;
  /** Which of the sessions or calculations that there are, from 0 to below 1. */
  readonly choice: number;
  /** For a calculation: how long it runs. */
  readonly runMs: number;
}

/** `moment`: counted from the round's begin; `request`: from the sending of the first such request; `result`: from the end of the first code that ends. */
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
  // Within the request: an answer takes a few milliseconds, whatever the engine.
  const afterMs = source.next() * 12;
  if (when === "result") return { when, afterMs };
  return { when, afterMs, act: source.pick(["start session", "calculate", "calculate", "stop", "terminate"]) };
}
