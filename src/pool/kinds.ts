import type { EngineId } from "../domain/engine-version.ts";
import type { LaunchShape } from "../domain/launch-shape.ts";
import { demandLastsMs, type Demand } from "../domain/pool-size.ts";

/** A kind of driver that sessions ask for. */
export interface Kind extends Demand {
  readonly shape: LaunchShape;
}

/** Of each kind the youngest starts are kept: more of them cannot make a pool larger than its maximum. */
const askedKept = 100;
/** Anybody can start sessions of ever new kinds. */
const kindsKept = 50;
/** … or of kinds whose conf is a book. */
const longestKey = 16_384;

/** What was asked for lately. The default engine without any conf is always among it. */
export class Kinds {
  readonly #all = new Map<string, { shape: LaunchShape; isDefault: boolean; askedAt: number[] }>();

  constructor(defaultEngine: EngineId) {
    const shape = { engineId: defaultEngine, conf: {}, jars: [] };
    this.#all.set(keyOf(shape), { shape, isDefault: true, askedAt: [] });
  }

  /** The default first, then in the order in which they were asked for last. */
  list(): Kind[] {
    return [...this.#all.values()];
  }

  /** Answers the kind that was asked for. */
  asked(shape: LaunchShape, at: number): Kind {
    const key = keyOf(shape);
    const kind = this.#all.get(key) ?? { shape, isDefault: false, askedAt: [] };
    if (key.length > longestKey) return kind;
    if (!kind.isDefault) this.#all.delete(key); // to the end: those that nobody asks for any more are forgotten first
    this.#all.set(key, kind);
    kind.askedAt.push(at);
    if (kind.askedAt.length > askedKept) kind.askedAt.shift();
    this.#forget(at);
    return kind;
  }

  #forget(now: number): void {
    for (const [key, { isDefault, askedAt }] of this.#all) {
      const isForgotten = (askedAt.at(-1) ?? 0) <= now - demandLastsMs;
      if (!isDefault && (isForgotten || this.#all.size > kindsKept)) this.#all.delete(key);
    }
  }
}

function keyOf({ engineId, conf, jars }: LaunchShape): string {
  return JSON.stringify([engineId, Object.entries(conf).sort(([one], [other]) => (one < other ? -1 : 1)), jars]);
}
