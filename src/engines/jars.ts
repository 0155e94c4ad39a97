import { copyFile, mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { fileDigest } from "../lib/file-digest.ts";
import { hasUserName } from "../lib/home-folder.ts";
import { EngineError } from "./errors.ts";
import type { InstallContext } from "./install-context.ts";
import { fetchFromMaven } from "./maven.ts";
import { packPaths } from "./pack.ts";
import type { Jar } from "./specs.ts";

export interface SparkPackage {
  sparkHome: string;
  /** The jars that the pyspark package carries. */
  jars: string[];
}

/** Checks every jar of pyspark against what pip recorded when it installed them. */
export async function verifyJars(context: InstallContext): Promise<SparkPackage> {
  const script = fileURLToPath(new URL("verify.py", import.meta.url));
  const { code, stdout, tail } = await context.run(join(context.build, "venv/bin/python"), ["-I", script]);
  if (code === 0) return JSON.parse(stdout) as SparkPackage;
  await rm(join(context.build, "stamps"), { recursive: true, force: true });
  throw new EngineError(`pyspark is not whole: ${tail}`, "run the same command again: it starts from the beginning");
}

/**
 * Provides the jars that pyspark lacks, and returns their paths. They are fetched one after the other, or
 * copied from the unpacked archive of `glaux pack`. A jar that is already there with the right checksum is
 * left alone.
 */
export async function fetchJars(
  context: InstallContext,
  jars: readonly Jar[],
  spark: { java: string; jars: readonly string[] },
): Promise<string[]> {
  const folder = join(context.build, "jars");
  await mkdir(folder, { recursive: true });
  const paths: string[] = [];
  for (const jar of jars) paths.push(await fetchJar(context, jar, join(folder, jar.fileName), spark));
  return paths;
}

async function fetchJar(
  context: InstallContext,
  { coordinates, fileName, sha256 }: Jar,
  target: string,
  spark: { java: string; jars: readonly string[] },
): Promise<string> {
  if ((await digest(target)) === sha256) return target;
  if (context.pack) {
    const packed = join(context.pack.folder, packPaths.jars, fileName);
    await requireDigest(packed, sha256, "unpack the archive again, into an empty folder");
    await copyFile(packed, target);
    return target;
  }
  if (!hasUserName()) {
    throw new EngineError(
      `the system has no name for user ${String(process.getuid?.())}, and without one Spark cannot fetch ${coordinates}`,
      "install the engine as a user with a name, in a folder that this one may read (GLAUX_ENGINES); sessions need no name",
    );
  }
  const work = join(context.build, "ivy");
  try {
    await rm(work, { recursive: true, force: true });
    await mkdir(work);
    await fetchFromMaven(coordinates, work, spark, context.step);
    const fetched = join(work, "jars", `${coordinates.split(":")[0] ?? ""}_${fileName}`);
    await requireDigest(fetched, sha256, "check what serves Maven's repository to this machine, then try again");
    await rename(fetched, target);
    return target;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function requireDigest(file: string, sha256: string, fix: string): Promise<void> {
  const actual = await digest(file);
  if (actual === sha256) return;
  throw new EngineError(`${file} has the SHA-256 ${actual ?? "of no file"} instead of ${sha256}`, fix);
}

const digest = (file: string): Promise<string | undefined> => fileDigest(file).catch(() => undefined);
