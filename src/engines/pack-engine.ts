import { copyFile, mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { packagesLock } from "./builds.ts";
import type { Engine } from "./engine.ts";
import { installContext, reported } from "./install-context.ts";
import { lockEngine } from "./install-lock.ts";
import { packPaths, type PackedEngine } from "./pack.ts";
import { downloadLock } from "./packages.ts";
import type { OnProgress } from "./progress.ts";
import type { Environment } from "./run-step.ts";
import { engineSpecs, fetchedJars, hasJavaPackage } from "./specs.ts";

interface PackOptions {
  env: Environment;
  signal: AbortSignal;
  progress: OnProgress;
}

/**
 * Puts all that an install of this engine needs into the folder of an archive: the files that its lock files name, downloaded by the engine's own
 * pip and so made for its Python and this machine's architecture; a Java where a package brings one; and the jars that pyspark lacks.
 */
export async function packEngine(engine: Engine, folder: string, options: PackOptions): Promise<PackedEngine> {
  const { env, signal, progress } = options;
  const spec = engineSpecs[engine.id];
  const build = dirname(dirname(dirname(engine.python)));
  // No other process may replace the build meanwhile.
  const onWait = (holder: string): void => {
    progress({ step: "wait", state: "running", message: holder, elapsedMs: 0 });
  };
  await using lock = await lockEngine(join(engine.folder, "lock"), { python: engine.python, env, signal, onWait });
  const context = installContext({ build, env, signal, progress }, lock.fd);
  const packages = join(folder, packPaths.packages);
  const jdk = hasJavaPackage(spec) ? [spec.jdk.lock] : [];
  const message = `Spark ${spec.sparkVersion} and its Python packages`;
  await reported(
    progress,
    "packages",
    message,
    async (report) => {
      for (const name of ["bootstrap.txt", packagesLock(engine.id, engine.with), ...jdk])
        await downloadLock(context, name, packages, report);
    },
    () => message,
  );
  await mkdir(join(folder, packPaths.jars), { recursive: true });
  for (const { fileName } of fetchedJars(spec, engine.with))
    await copyFile(join(build, "jars", fileName), join(folder, packPaths.jars, fileName));
  return { id: engine.id, with: engine.with, pythonMinor: Number(engine.versions.python.split(".")[1]) };
}
