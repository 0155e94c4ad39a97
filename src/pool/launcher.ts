import { statSync } from "node:fs";
import { fingerprint, type LaunchFacts, type LaunchShape } from "../domain/launch-shape.ts";
import type { EngineId } from "../domain/engine-version.ts";
import type { TableFormat } from "../domain/ready-shapes.ts";
import type { Driver, Drivers, LaunchEngine } from "../drivers/types.ts";

/** The part of an installed engine that the pool needs. */
export interface PoolEngine extends LaunchEngine {
  /** Changes when the engine's files change. */
  stamp: string;
  /** Names of the additions that this engine was installed with. */
  with: readonly string[];
}

export interface LauncherDeps {
  drivers: Pick<Drivers, "launch">;
  findEngine: (id: EngineId) => Promise<PoolEngine | undefined>;
  /** Path of the file that an `s3://` URI names. */
  pathOf: (uri: string) => string;
  facts: Omit<LaunchFacts, "engineStamp">;
  now: () => number;
}

const latelyMs = 4_000;

/**
 * The nice value of members until they are claimed, if their priority can be raised again; see
 * docs/driver-protocol.md.
 */
const memberNice = 10;

/** Knows what a launch shape means on this machine at this moment: which engine, which files. */
export class Launcher {
  readonly #deps: LauncherDeps;
  readonly #lately = new Map<EngineId, { engine: PoolEngine | undefined; at: number }>();

  constructor(deps: LauncherDeps) {
    this.#deps = deps;
  }

  /** The engine as it is at this moment. A call looks at some 300 files. */
  async engineNow(id: EngineId): Promise<PoolEngine | undefined> {
    const engine = await this.#deps.findEngine(id);
    this.#lately.set(id, { engine, at: this.#deps.now() });
    return engine;
  }

  /** The engine as it was at most 4 s ago. */
  async engineLately(id: EngineId): Promise<PoolEngine | undefined> {
    const seen = this.#lately.get(id);
    return seen && this.#deps.now() < seen.at + latelyMs ? seen.engine : this.engineNow(id);
  }

  /** Whether the engine had the format's jars when it was last looked at. */
  hasJars(id: EngineId, format: TableFormat): boolean {
    return this.#lately.get(id)?.engine?.with.includes(format) ?? false;
  }

  /**
   * The fingerprint of the shape with this engine. Undefined if the engine is not installed, or one of the
   * shape's jars is missing.
   */
  fingerprintOf(shape: LaunchShape, engine: PoolEngine | undefined): string | undefined {
    if (!engine) return undefined;
    try {
      const engineStamp = JSON.stringify([engine.python, engine.sparkHome, engine.stamp, ...this.#jarStamps(shape)]);
      return fingerprint(shape, { ...this.#deps.facts, engineStamp });
    } catch {
      return undefined;
    }
  }

  async launch(shape: LaunchShape, kind: string): Promise<Driver> {
    const { drivers, pathOf } = this.#deps;
    const engine = await this.engineNow(shape.engineId);
    if (!engine) throw new Error(`The engine ${shape.engineId} is not installed`);
    return drivers.launch({
      sessionId: null,
      engine,
      conf: { ...shape.conf },
      extraJars: shape.jars.map(pathOf),
      pool: { fingerprint: kind, nice: memberNice },
    });
  }

  /**
   * A jar in a bucket may be replaced by another of the same name. A JVM that runs has the old jar, so the
   * file's identity belongs to the fingerprint.
   */
  #jarStamps({ jars }: LaunchShape): string[] {
    return jars.map((uri) => {
      const { size, mtimeMs, ino } = statSync(this.#deps.pathOf(uri));
      return `${String(ino)}:${String(size)}:${String(mtimeMs)}`;
    });
  }
}
