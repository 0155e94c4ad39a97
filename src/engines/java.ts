import { access, readdir, readFile, realpath } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";
import { type Environment, runStep } from "../lib/run-step.ts";
import type { EngineSpec } from "./specs.ts";

export interface Java {
  /** The folder that JAVA_HOME would name. */
  home: string;
  version: string;
}

/**
 * How long a `java` may take to print its home. A shim may wait for something, such as an answer or a
 * download.
 */
const askLimitMs = 10_000;

/**
 * The best installed Java that the engine runs on: JAVA_HOME if the engine accepts it, else the first by the
 * engine's preference. Undefined if there is none.
 */
export async function findJava(
  spec: EngineSpec,
  env: Environment,
  systemRoot = "/usr/lib/jvm",
  limitMs = askLimitMs,
): Promise<Java | undefined> {
  const named = env.JAVA_HOME ? await readJava(env.JAVA_HOME) : undefined;
  if (named && isAccepted(spec, named)) return named;
  const homes = [
    ...(env.PATH ?? "").split(delimiter).map((folder) => homeOfBinary(join(folder, "java"), env, limitMs)),
    ...(await readdir(systemRoot).catch(() => [] as string[]))
      .sort()
      .map((name) => Promise.resolve(join(systemRoot, name))),
  ];
  const found: Java[] = [];
  for (const home of await Promise.all(homes)) {
    const java = home === undefined ? undefined : await readJava(home);
    if (java && isAccepted(spec, java)) found.push(java);
  }
  const rank = (java: Java): number => spec.javaMajors.indexOf(javaMajor(java.version));
  return found.sort((a, b) => rank(a) - rank(b))[0];
}

export const javaMajor = (version: string): number => Number(version.split(".")[0]);

const isAccepted = (spec: EngineSpec, java: Java): boolean =>
  spec.acceptsJava(java.version.split(/[.+_-]/).map(Number));

/** Reads a Java's version from its release file, which every JDK and JRE since 9 has. */
export async function readJava(home: string): Promise<Java | undefined> {
  try {
    const real = await realpath(home);
    await access(join(real, "bin/java"));
    await access(libjvm(real));
    const version = /^JAVA_VERSION="([^"]+)"/m.exec(await readFile(join(real, "release"), "utf8"))?.[1];
    return version === undefined ? undefined : { home: real, version };
  } catch {
    return undefined;
  }
}

/** The virtual machine itself. The file's size and time tell one build from another. */
export const libjvm = (home: string): string =>
  join(home, "lib/server", process.platform === "darwin" ? "libjvm.dylib" : "libjvm.so");

/**
 * Most `java` on the PATH are links into a Java home. A shim (jenv, sdkman, asdf) has to be run to find its
 * home.
 */
async function homeOfBinary(file: string, env: Environment, limitMs: number): Promise<string | undefined> {
  const real = await realpath(file).catch(() => undefined);
  if (real === undefined) return undefined;
  const home = dirname(dirname(real));
  if (await readJava(home)) return home;
  try {
    const { tail } = await runStep(file, ["-XshowSettings:properties", "-version"], { env, limitMs });
    return /^\s*java\.home = (.+)$/m.exec(tail)?.[1];
  } catch {
    return undefined;
  }
}
