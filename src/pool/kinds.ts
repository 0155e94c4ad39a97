import type { EngineId } from "../domain/engine-version.ts";
import type { LaunchShape } from "../domain/launch-shape.ts";
import { demandLastsMs, type Demand } from "../domain/pool-size.ts";
import { readyConf, type TableFormat, tableFormats } from "../domain/ready-shapes.ts";

/** A kind of driver that sessions ask for. */
export interface Kind extends Demand {
  readonly shape: LaunchShape;
}

interface Known {
  readonly shape: LaunchShape;
  readonly isDefault: boolean;
  /**
   * Set for a kind that clients are known to ask for. The kind is ready-made if the engine has the format's
   * jars.
   */
  readonly format?: TableFormat;
  readonly askedAt: number[];
}

/**
 * How many starts are remembered for each kind; the oldest are forgotten first. More of them could not make a
 * pool larger than its maximum.
 */
const askedKept = 100;
/**
 * How many kinds are remembered. The limit is needed because anybody can start sessions of ever new kinds.
 */
const kindsKept = 50;
/** A kind whose key is longer, because its conf is huge, is not remembered. */
const longestKey = 16_384;

/**
 * The kinds that sessions asked for lately. The default engine without any conf is always among them, and so
 * are the ready-made kinds.
 */
export class Kinds {
  readonly #all = new Map<string, Known>();
  readonly #readyMade: ReadonlyMap<string, Omit<Known, "askedAt">>;
  readonly #hasJars: (engineId: EngineId, format: TableFormat) => boolean;

  constructor(defaultEngine: EngineId, hasJars: (engineId: EngineId, format: TableFormat) => boolean) {
    const shape = { engineId: defaultEngine, conf: {}, jars: [] };
    this.#all.set(keyOf(shape), { shape, isDefault: true, askedAt: [] });
    this.#hasJars = hasJars;
    this.#readyMade = new Map(
      tableFormats.map((format) => {
        const ready = { ...shape, conf: readyConf[format] };
        return [keyOf(ready), { shape: ready, isDefault: false, format }];
      }),
    );
  }

  /**
   * The default kind first, then the kinds in the order in which they were last asked for, then the
   * ready-made kinds that nobody asked for.
   */
  list(): Kind[] {
    const unasked = [...this.#readyMade].filter(([key]) => !this.#all.has(key));
    return [...this.#all.values(), ...unasked.map(([, known]) => ({ ...known, askedAt: [] }))]
      .map((known) => this.#kindOf(known))
      .filter(({ isDefault, isReadyMade, askedAt }) => isDefault || isReadyMade || askedAt.length > 0);
  }

  /** Notes that a session asked for this shape at the time `at`. Answers the shape's kind. */
  asked(shape: LaunchShape, at: number): Kind {
    const key = keyOf(shape);
    const known = this.#all.get(key) ?? { ...(this.#readyMade.get(key) ?? { shape, isDefault: false }), askedAt: [] };
    if (key.length > longestKey) return this.#kindOf(known);
    // Moves the kind to the end of the map, because kinds are forgotten from its beginning.
    if (!known.isDefault) this.#all.delete(key);
    this.#all.set(key, known);
    known.askedAt.push(at);
    if (known.askedAt.length > askedKept) known.askedAt.shift();
    this.#forget(at);
    return this.#kindOf(known);
  }

  #kindOf({ shape, isDefault, format, askedAt }: Known): Kind {
    const isReadyMade = format !== undefined && this.#hasJars(shape.engineId, format);
    return { shape, isDefault, isReadyMade, askedAt };
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
