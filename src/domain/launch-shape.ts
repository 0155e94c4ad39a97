import { createHash } from "node:crypto";
import type { EngineId } from "./engine-version.ts";
import { confOf } from "./spark-conf.ts";

/**
 * The part of a driver's start that differs between sessions. A driver can serve any session of its own
 * shape, so it can be booted before the session is asked for. A session's names, tags, idle timeout, quotas,
 * DPUs and SQL configuration do not belong to the shape.
 */
export interface LaunchShape {
  readonly engineId: EngineId;
  /**
   * Spark properties of the classes `launch` and `contextStatic` that the driver starts with, except
   * `spark.jars`: see `jars`.
   */
  readonly conf: Readonly<Record<string, string>>;
  /** `s3://` URIs of the jars for the class path, in the order of the class path. */
  readonly jars: readonly string[];
}

/**
 * The part of a driver's start that all drivers of one engine on this server share. If a fact changes,
 * drivers that already run no longer fit.
 */
export interface LaunchFacts {
  /** Changes when the engine's files change: after a new installation, with other packages or another JVM. */
  readonly engineStamp: string;
  readonly driverMemoryMb: number;
  readonly driverCores: number;
  /** `process`: the driver's processes are isolated by nothing but being processes of their own. */
  readonly isolation: "process";
  /** `host`: the driver uses the server's network. */
  readonly network: "host";
  /** Which buckets the driver sees. It sees all that exist. */
  readonly buckets: string;
}

/** The launch shape that fits this session exactly. */
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

/**
 * The shape of a driver with the same JVM as `shape`, but with a Spark context of the server's own
 * properties. Such a driver can serve a session of `shape` after it has made a fresh context.
 */
export function withoutContextConf(shape: LaunchShape): LaunchShape {
  return { ...shape, conf: confOf("launch", shape.conf) };
}

/**
 * Equal for two shapes exactly if the same driver can serve both. Every fact of the shape and of the server
 * counts. The order of the properties does not matter; the order of the jars does.
 */
export function fingerprint(shape: LaunchShape, facts: LaunchFacts): string {
  const all = [shape.engineId, sorted(shape.conf), shape.jars, sorted(facts)];
  return createHash("sha256").update(JSON.stringify(all)).digest("hex").slice(0, 32);
}

function sorted(members: object): [string, unknown][] {
  return Object.entries(members).sort(([one], [other]) => (one < other ? -1 : 1));
}

/**
 * Why a driver of the shape `has` cannot serve a session of the shape `wanted`, as a text for people.
 * Undefined if the driver can serve the session, if need be with a fresh Spark context.
 */
export function misfit(wanted: LaunchShape, has: LaunchShape): string | undefined {
  if (wanted.engineId !== has.engineId) return `it needs engine ${wanted.engineId}`;
  const [needs, given] = [confOf("launch", wanted.conf), confOf("launch", has.conf)];
  const keys = new Set([...Object.keys(needs), ...Object.keys(given)]);
  const different = [...keys].filter((key) => needs[key] !== given[key]);
  if (JSON.stringify(wanted.jars) !== JSON.stringify(has.jars)) different.push("spark.jars");
  if (different.length > 0) return `it has its own ${different.join(", ")}, which a JVM takes only at its start`;
  // A Spark context cannot lose the properties that it was made with.
  const hasOwnContext = Object.keys(has.conf).some((key) => wanted.conf[key] !== has.conf[key]);
  return hasOwnContext ? "its Spark context differs" : undefined;
}
