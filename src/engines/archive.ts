import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { mkdir, readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { packageRoot } from "../lib/package-root.ts";
import { type Environment, runStep } from "../lib/run-step.ts";
import { archiveDumpFlags, archiveUseFlags } from "./jvm-flags.ts";
import type { Layout } from "./layout.ts";

/**
 * The class-data archive holds what the JVM would otherwise parse and verify at each start, ready to be
 * mapped.
 *
 * A training run makes the archive. It is put in place only after a JVM that insists on it has started. An
 * engine works without an archive, but starts slower; so a failure here is reported and never thrown.
 *
 * On Java 17 and 21 this is a dynamic archive, on top of the JDK's own. A static archive takes 64 s to write,
 * twice as long (2 cores), and saves a lone waiting driver 16 of 406 MB (measured on 2026-11-27, Spark 3.5.7,
 * Java 17.0.15). An archive with only the classes that a waiting driver uses would not help either: such a
 * driver has loaded 12,819 of the 16,646 classes, and an archive of these is still 135 of 163 MB.
 */
export async function makeArchive(
  layout: Layout,
  options: { env: Environment | undefined; signal?: AbortSignal | undefined; lockFd: number },
): Promise<{ bytes: number } | { refused: string }> {
  const unfinished = `${layout.archiveFile}.new`;
  // The name is always the same, and the engine's lock is held, so what a killed installer left is removed
  // here.
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

/** Changes when the training run does something else, or runs with another Spark conf. */
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
