import type { EngineId } from "../domain/engine-version.ts";
import type { Addition } from "./progress.ts";

/** An installed engine: all that a driver needs to start Spark. All paths are absolute. */
export interface Engine {
  id: EngineId;
  /** Athena's name for the engine on the wire. */
  wireName: string;
  folder: string;
  /** The virtual environment's interpreter: a link to the real binary, so no shim is in the way. */
  python: string;
  java: string;
  sparkHome: string;
  /** The class path, in the order that the archive was made with; more jars may follow it. */
  jars: string[];
  /** All of the JVM's flags except the heap's size; the archive's flags are included. */
  jvmFlags: string[];
  /** The class-data archive; undefined if none fits, which only makes starts slower. */
  archive: string | undefined;
  /** Changes with the engine's jars, its flags and its JVM's build. */
  stamp: string;
  versions: { spark: string; python: string; java: string };
  with: Addition[];
}

export interface EngineListing {
  id: EngineId;
  wireName: string;
  installed: Engine | undefined;
}
