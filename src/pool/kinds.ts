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
  /** A kind that clients are known to ask for; ready-made where the engine has the format's jars. */
  readonly format?: TableFormat;
  readonly askedAt: number[];
}

/** Of each kind the youngest starts are kept: more of them cannot make a pool larger than its maximum. */
const askedKept = 100;
/** Anybody can start sessions of ever new kinds. */
const kindsKept = 50;
/** … or of kinds whose conf is a book. */
const longestKey = 16_384;

/** What was asked for lately. The default engine without any conf is always among it, and so are the ready-made kinds. */
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

  /** The default first, then in the order in which they were asked for last, then the ready-made ones that nobody asked for. */
  list(): Kind[] {
    const unasked = [...this.#readyMade].filter(([key]) => !this.#all.has(key));
    return [...this.#all.values(), ...unasked.map(([, known]) => ({ ...known, askedAt: [] }))]
      .map((known) => this.#kindOf(known))
      .filter(({ isDefault, isReadyMade, askedAt }) => isDefault || isReadyMade || askedAt.length > 0);
  }

  /** Answers the kind that was asked for. */
  asked(shape: LaunchShape, at: number): Kind {
    const key = keyOf(shape);
    const known = this.#all.get(key) ?? { ...(this.#readyMade.get(key) ?? { shape, isDefault: false }), askedAt: [] };
    if (key.length > longestKey) return this.#kindOf(known);
    if (!known.isDefault) this.#all.delete(key); // to the end: those that nobody asks for any more are forgotten first
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
