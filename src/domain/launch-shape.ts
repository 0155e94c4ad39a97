import { createHash } from "node:crypto";
import type { EngineId } from "./engine-version.ts";
import { confOf } from "./spark-conf.ts";

/**
 * What a driver's processes are started with, as far as it differs from session to session: two sessions of the same shape can be served by the same driver, booted
 * before either was asked for. Everything else about a session (names, tags, idle timeout, quotas, DPUs, SQL conf) is no part of it.
 */
export interface LaunchShape {
  readonly engineId: EngineId;
  /** Spark properties of the classes `launch` and `contextStatic` that the driver starts with. `spark.jars` is not among them: see `jars`. */
  readonly conf: Readonly<Record<string, string>>;
  /** `s3://` URIs of jars for the class path, in their order. */
  readonly jars: readonly string[];
}

/** What all drivers of one engine on this server share, and what would make a driver that already runs unfit if it changed. */
export interface LaunchFacts {
  /** Changes with the engine's files: installed anew, other packages, another JVM. */
  readonly engineStamp: string;
  readonly driverMemoryMb: number;
  readonly driverCores: number;
  /** `process`: its own processes and nothing more. */
  readonly isolation: "process";
  /** `host`: as the server. */
  readonly network: "host";
  /** All buckets are mounted, whichever there are. */
  readonly buckets: string;
}

/** The shape that fits this session exactly. */
export function shapeOf(session: { engineId: EngineId; sparkConf: Readonly<Record<string, string>> }): LaunchShape {
  const { "spark.jars": jars = "", ...launch } = confOf("launch", session.sparkConf);
  return {
    engineId: session.engineId,
    conf: { ...launch, ...confOf("contextStatic", session.sparkConf) },
    jars: jars
      .split(",")
      .map((uri) => uri.trim())
      .filter((uri) => uri !== ""),
  };
}

/** The same JVM, whose Spark context starts as the server's own: a session of `shape` can be served by it with a fresh context. */
export function withoutContextConf(shape: LaunchShape): LaunchShape {
  return { ...shape, conf: confOf("launch", shape.conf) };
}

/**
 * Equal for two shapes if and only if the same driver can serve both. Every fact counts. The order of the properties
 * does not matter, the order of the jars does.
 */
export function fingerprint(shape: LaunchShape, facts: LaunchFacts): string {
  const all = [shape.engineId, sorted(shape.conf), shape.jars, sorted(facts)];
  return createHash("sha256").update(JSON.stringify(all)).digest("hex").slice(0, 32);
}

function sorted(members: object): [string, unknown][] {
  return Object.entries(members).sort(([one], [other]) => (one < other ? -1 : 1));
}

/** Why a driver of the shape `has` cannot serve one of the shape `wanted`, for a person to read; undefined if it can, at worst with a fresh context. */
export function misfit(wanted: LaunchShape, has: LaunchShape): string | undefined {
  if (wanted.engineId !== has.engineId) return `it needs engine ${wanted.engineId}`;
  const [needs, given] = [confOf("launch", wanted.conf), confOf("launch", has.conf)];
  const keys = new Set([...Object.keys(needs), ...Object.keys(given)]);
  const different = [...keys].filter((key) => needs[key] !== given[key]);
  if (JSON.stringify(wanted.jars) !== JSON.stringify(has.jars)) different.push("spark.jars");
  if (different.length > 0) return `it has its own ${different.join(", ")}, which a JVM takes only at its start`;
  // A context that was made with properties of its own cannot lose them.
  const hasOwnContext = Object.keys(has.conf).some((key) => wanted.conf[key] !== has.conf[key]);
  return hasOwnContext ? "its Spark context differs" : undefined;
}
