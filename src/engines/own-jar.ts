import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { EngineId } from "../domain/engine-version.ts";
import { packageRoot } from "../lib/package-root.ts";
import { type Environment, runStep } from "../lib/run-step.ts";
import { EngineError } from "./errors.ts";

/**
 * The jar of Glaux's own classes for Spark (`driver/spark`). The Scala compiler among pyspark's jars compiles
 * it for each engine. The jar's name holds a digest of the sources, so another version of Glaux finds or
 * makes a jar of its own, and running sessions keep theirs.
 */
export const ownJarPath = (build: string, id: EngineId): string =>
  join(build, "glaux", `glaux-${sourcesDigest(id)}.jar`);

/**
 * Compiles the jar unless it is there, which takes some 8 s. The caller holds the engine's lock. Throws
 * EngineError.
 */
export async function makeOwnJar(
  { id, build, java, sparkJars }: { id: EngineId; build: string; java: string; sparkJars: readonly string[] },
  options: { env: Environment | undefined; signal?: AbortSignal | undefined; lockFd: number },
): Promise<void> {
  const target = ownJarPath(build, id);
  if (existsSync(target)) return;
  // The compiler writes a jar only if the name ends in `.jar`.
  const unfinished = target.replace(/\.jar$/, ".new.jar");
  try {
    await mkdir(join(build, "glaux"), { recursive: true });
    await rm(unfinished, { recursive: true, force: true });
    const { code, tail } = await runStep(java, compilerCommand(id, sparkJars, unfinished), options);
    if (code !== 0) throw new Error(tail);
    await rename(unfinished, target);
  } catch (error) {
    options.signal?.throwIfAborted();
    const reason = error instanceof Error ? error.message : String(error);
    throw new EngineError(
      `Glaux's classes for Spark could not be compiled into ${target}: ${reason}`,
      "start Glaux once as a user who may write to the engine's folder, or choose another folder with GLAUX_ENGINES",
      { cause: error },
    );
  } finally {
    await rm(unfinished, { recursive: true, force: true }).catch(() => undefined);
  }
}

function compilerCommand(id: EngineId, sparkJars: readonly string[], target: string): string[] {
  const compiler = sparkJars.filter((jar) => /\/(scala-(compiler|library|reflect)|jline|jna)-[^/]*\.jar$/.test(jar));
  return [
    "-Xmx768m",
    // The compiler ends long before optimized code would pay off.
    "-XX:TieredStopAtLevel=1",
    ...["-cp", compiler.join(":"), "scala.tools.nsc.Main"],
    ...["-classpath", sparkJars.join(":"), "-d", target, "-nowarn"],
    ...sources(id),
  ];
}

const sourcesFolder = join(packageRoot(), "driver/spark");

/** The sources for all engines, then the sources for this engine. */
function sources(id: EngineId): string[] {
  return [sourcesFolder, join(sourcesFolder, id)].flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => name.endsWith(".scala"))
      .sort()
      .map((name) => join(folder, name)),
  );
}

/** Takes some 1 ms. */
function sourcesDigest(id: EngineId): string {
  const hash = createHash("sha256");
  for (const file of sources(id)) hash.update(readFileSync(file));
  return hash.digest("hex").slice(0, 12);
}
