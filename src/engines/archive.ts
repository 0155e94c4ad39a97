import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { mkdir, readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { packageRoot } from "../lib/package-root.ts";
import { type Environment, runStep } from "../lib/run-step.ts";
import { archiveDumpFlags, archiveUseFlags } from "./jvm-flags.ts";
import type { Layout } from "./layout.ts";

/**
 * The class-data archive: what the JVM would parse and verify at each start, ready to be mapped.
 *
 * It is made by a training run and put in place only after a JVM that insists on it has started. Where it cannot be made, the engine works
 * without, slower to start; so a failure here is a reason to report and never an error.
 *
 * On Java 17 and 21 a dynamic archive, on top of the JDK's own. A static one takes 64 s to write, twice as long (2 cores), and a lone
 * waiting driver 16 MB less of 406 MB (measured on 2026-11-27, Spark 3.5.7, Java 17.0.15). Nor would it help to part the classes by use:
 * a waiting driver has loaded 12,819 of the 16,646, and an archive of these alone is still 135 of 163 MB.
 */
export async function makeArchive(
  layout: Layout,
  options: { env: Environment | undefined; signal?: AbortSignal | undefined; lockFd: number },
): Promise<{ bytes: number } | { refused: string }> {
  const unfinished = `${layout.archiveFile}.new`;
  // Always the same, under the engine's lock: what a killed installer left is in the way of nothing.
  const folder = join(layout.build, "training");
  try {
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder);
    await rm(unfinished, { force: true });
    const command = jvmCommand(layout, archiveDumpFlags(layout.javaMajor, unfinished));
    const training = await runStep(layout.python, ["-I", "-B", "-c", trainingCode, driverFolder], {
      ...options,
      input: JSON.stringify({ command, sparkHome: layout.sparkHome, folder }),
    });
    if (training.code !== 0) return { refused: training.tail };
    const proof = [
      ...layout.flags,
      ...archiveUseFlags(layout.javaMajor, unfinished, true),
      "-cp",
      classPath(layout),
      "-version",
    ];
    const proven = await runStep(layout.java, proof, options);
    if (proven.code !== 0) return { refused: `${proven.tail}\n${await lastLines(join(folder, "jvm.log"))}`.trim() };
    await rename(unfinished, layout.archiveFile);
    return { bytes: (await stat(layout.archiveFile)).size };
  } finally {
    await rm(unfinished, { force: true });
    await rm(folder, { recursive: true, force: true });
  }
}

/** Tells one training run from another: by what it does, and by the conf that it does it with. */
export function trainingVersion(): string {
  const hash = createHash("sha256");
  for (const file of ["train.py", "supervisor/conf.py"])
    hash.update(readFileSync(join(driverFolder, "glaux_driver", file)));
  return hash.digest("hex").slice(0, 12);
}

const driverFolder = join(packageRoot(), "driver");
const trainingCode = "import sys; sys.path.append(sys.argv.pop()); from glaux_driver.train import main; main()";

const classPath = (layout: Layout): string => layout.jars.join(":");

/** The command line of a driver's JVM. */
export const jvmCommand = (layout: Pick<Layout, "java" | "flags" | "jars">, moreFlags: readonly string[]): string[] => [
  layout.java,
  ...layout.flags,
  ...moreFlags,
  "-Xmx1g",
  "-cp",
  layout.jars.join(":"),
  "org.apache.spark.api.python.PythonGatewayServer",
  "pyspark-shell",
];

async function lastLines(file: string): Promise<string> {
  const text = await readFile(file, "utf8").catch(() => "");
  return text.split("\n").slice(-20).join("\n");
}
