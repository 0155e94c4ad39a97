import { copyFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { lockDigest, packagesLock } from "./builds.ts";
import type { Engine } from "./engine.ts";
import { recordArchive, withOwnJar } from "./find-engine.ts";
import { type InstallContext, once, reported } from "./install-context.ts";
import { installJava } from "./install-java.ts";
import { fetchJars, type SparkPackage, verifyJars } from "./jars.ts";
import type { Java } from "./java.ts";
import type { Manifest } from "./manifest.ts";
import { installLock, makeVenv } from "./packages.ts";
import type { Addition } from "./progress.ts";
import type { BasePython } from "./python.ts";
import { type EngineSpec, fetchedJars, type Jar } from "./specs.ts";

export interface BuildPlan {
  /** The engine's folder, and the name of this build in it. */
  folder: string;
  name: string;
  spec: EngineSpec;
  python: BasePython;
  /** Undefined: a Java has to be installed with the packages. */
  java: Java | undefined;
  additions: Addition[];
}

/** The steps of an install, in order. The caller holds the engine's lock. */
export async function buildEngine(plan: BuildPlan, context: InstallContext): Promise<Engine> {
  const { folder, name, spec, additions } = plan;
  const log4j = fileURLToPath(new URL("log4j2.properties", import.meta.url));
  await copyFile(log4j, join(context.build, "log4j2.properties"));
  await once(context, "packages", "packages", `Spark ${spec.sparkVersion} and its Python packages`, async (report) => {
    await makeVenv(context, plan.python);
    await installLock(context, "bootstrap.txt");
    await installLock(context, packagesLock(spec.id, additions), report);
  });
  const java = plan.java ?? (await installJava(context, spec));
  context.progress({ step: "java", state: "done", message: `${java.version} in ${java.home}`, elapsedMs: 0 });
  const { sparkHome, jars } = await provideJars(context, fetchedJars(spec, additions), java);
  const inside = (path: string): string => (path.startsWith(`${folder}/`) ? relative(folder, path) : path);
  const manifest: Manifest = {
    format: 1,
    id: spec.id,
    build: name,
    with: additions,
    javaHome: inside(java.home),
    sparkHome: inside(sparkHome),
    jars: jars.map(inside),
    locks: await lockDigest(spec.id, additions),
    versions: { spark: spec.sparkVersion, python: plan.python.version, java: java.version },
  };
  const layout = await withOwnJar(folder, manifest, { ...context.step, progress: context.progress });
  if (!layout) throw new Error(`the engine in ${context.build} is not complete although every step succeeded`);
  return recordArchive(manifest, layout, { ...context.step, progress: context.progress });
}

/** Verifies pyspark's jars, and provides the jars that pyspark lacks. */
function provideJars(context: InstallContext, lacking: readonly Jar[], java: Java): Promise<SparkPackage> {
  const names = lacking.map(({ fileName }) => fileName).join(", ");
  return reported(
    context.progress,
    "jars",
    lacking.length > 0 ? `${context.pack ? "copying" : "fetching"} ${names}` : "verifying",
    async () => {
      const spark = await verifyJars(context);
      const more = await fetchJars(context, lacking, { java: join(java.home, "bin/java"), jars: spark.jars });
      return { ...spark, jars: [...spark.jars, ...more] };
    },
    ({ jars }) => `${String(jars.length)} jars verified`,
  );
}
