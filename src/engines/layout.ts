import { createHash } from "node:crypto";
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { javaMajor, libjvm } from "./java.ts";
import { jvmFlags } from "./jvm-flags.ts";
import type { Manifest } from "./manifest.ts";
import { ownJarPath } from "./own-jar.ts";

/** Where an installed engine's parts are. */
export interface Layout {
  folder: string;
  build: string;
  python: string;
  java: string;
  javaMajor: number;
  sparkHome: string;
  /** pyspark's jars, then the jars that the install fetched, and last the jar of Glaux's own classes. */
  jars: string[];
  /**
   * False if another version of Glaux installed the engine and this version's classes have not been compiled
   * yet.
   */
  hasOwnJar: boolean;
  /** All flags of the JVM, except the archive's and the heap's size. */
  flags: string[];
  archiveFile: string;
  /**
   * A digest of everything that a JVM compares before it uses an archive: flags, class path, the JVM's build.
   * A JVM silently ignores an archive if one of them differs.
   */
  archiveKey: string;
}

/**
 * The parts of an engine as they are on the disk; undefined if a part is missing. Synchronous, because this
 * runs at a server's start and makes some 300 stats, which take a tenth of the time that asynchronous ones
 * do.
 */
export function readLayout(folder: string, manifest: Manifest): Layout | undefined {
  const packages = readPackages(folder, manifest);
  if (!packages) return undefined;
  const { build, python, sparkHome } = packages;
  const ownJar = ownJarPath(build, manifest.id);
  const hasOwnJar = existsSync(ownJar);
  const javaHome = bringsJava(manifest) ? join(folder, manifest.javaHome) : manifest.javaHome;
  const java = join(javaHome, "bin/java");
  try {
    statSync(java);
    const major = javaMajor(manifest.versions.java);
    const flags = jvmFlags(manifest.id, major, join(build, "log4j2.properties"));
    const compared = [libjvm(javaHome), ...packages.jars, ...(hasOwnJar ? [ownJar] : [])];
    const archiveKey = digest([...flags, ...compared.map(stamp)]);
    return {
      folder,
      build,
      python,
      java,
      javaMajor: major,
      sparkHome,
      jars: [...packages.jars, ownJar],
      hasOwnJar,
      flags,
      archiveFile: join(build, "classes.jsa"),
      archiveKey,
    };
  } catch {
    return undefined;
  }
}

/**
 * True if everything that an install brought is there. If a whole engine has no layout, only the machine's
 * Java that it was made with is gone.
 */
export const isWhole = (folder: string, manifest: Manifest): boolean =>
  readPackages(folder, manifest) !== undefined && (!bringsJava(manifest) || readLayout(folder, manifest) !== undefined);

const bringsJava = ({ javaHome }: Manifest): boolean => !javaHome.startsWith("/");

function readPackages(
  folder: string,
  manifest: Manifest,
): Pick<Layout, "build" | "python" | "sparkHome" | "jars"> | undefined {
  const build = join(folder, manifest.build);
  const sparkHome = join(folder, manifest.sparkHome);
  const python = join(build, "venv/bin/python");
  try {
    statSync(python);
    const jars = listJars(sparkHome, build);
    const present = new Set(jars);
    const isComplete = manifest.jars.every((jar) => present.has(join(folder, jar)));
    return isComplete ? { build, python, sparkHome, jars } : undefined;
  } catch {
    return undefined;
  }
}

/** pyspark's jars, then the jars that the install fetched; both sorted by name. */
export function listJars(sparkHome: string, build: string): string[] {
  return [join(sparkHome, "jars"), join(build, "jars")].flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => name.endsWith(".jar"))
      .sort()
      .map((name) => join(folder, name)),
  );
}

function stamp(file: string): string {
  const { size, mtimeMs } = statSync(file);
  return `${file} ${String(size)} ${String(Math.floor(mtimeMs))}`;
}

const digest = (parts: readonly string[]): string => createHash("sha256").update(parts.join("\n")).digest("hex");
