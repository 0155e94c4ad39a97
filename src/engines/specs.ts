import type { EngineId } from "../domain/engine-version.ts";
import { type TableFormat, tableFormats } from "../domain/ready-shapes.ts";
import type { Addition } from "./progress.ts";

/** A jar of the public Maven repository. */
export interface Jar {
  coordinates: string;
  fileName: string;
  sha256: string;
}

/** What an engine is made of, and what it runs on. */
export interface EngineSpec {
  id: EngineId;
  wireName: string;
  sparkVersion: string;
  /** Minor versions of Python 3 that the engine runs on, best first. */
  pythonMinors: readonly number[];
  /** True for a Java version, such as `[17, 0, 15]`, that the engine runs on. */
  acceptsJava(version: readonly number[]): boolean;
  javaDescription: string;
  /** Major versions in the order of preference. */
  javaMajors: readonly number[];
  /**
   * The Python package that brings a Java if the machine has none: its lock file, and the architectures that
   * it is made for. Beside it, the Debian package to suggest to the user.
   */
  jdk: { lock: string; architectures: readonly string[]; debianPackage: string };
  /** The Spark Connect jar, if the pyspark package does not carry it. */
  connectJar: Jar | undefined;
  /**
   * The jars that each table format needs beyond pyspark's; undefined if no release of the format works with
   * this Spark.
   */
  tableJars: Record<TableFormat, readonly Jar[] | undefined>;
  /** Free disk space that an install needs, in bytes: what it leaves there, and some room to make it. */
  diskBytes: number;
}

export const engineSpecs: Record<EngineId, EngineSpec> = {
  "3.5": {
    id: "3.5",
    wireName: "Apache Spark version 3.5",
    // Not 3.5.8 or 3.5.6: Maven Central has no Spark Connect jar for these two, and 3.5.6's history server
    // has CVE-2025-54920.
    sparkVersion: "3.5.7",
    // Python 3.12 works, although Spark 3.5 was not made for it. Python 3.13 has no numpy 1, which
    // pandas-on-Spark needs.
    pythonMinors: [11, 10, 12, 9],
    acceptsJava: ([major]) => major === 17,
    javaDescription: "Java 17",
    javaMajors: [17],
    jdk: { lock: "jdk-17.txt", architectures: ["x64"], debianPackage: "openjdk-17-jre-headless" },
    connectJar: {
      coordinates: "org.apache.spark:spark-connect_2.12:3.5.7",
      fileName: "spark-connect_2.12-3.5.7.jar",
      sha256: "15366e21273a874c760b51fa00743a2acb8fa78642cc35d7a076a3ade0c5eef6",
    },
    tableJars: {
      iceberg: [
        {
          coordinates: "org.apache.iceberg:iceberg-spark-runtime-3.5_2.12:1.12.0",
          fileName: "iceberg-spark-runtime-3.5_2.12-1.12.0.jar",
          sha256: "8dd8c90e54ed1a20f2461309d047a255ee56382eb7c0a46162b27a4936fd86dc",
        },
      ],
      // Delta's third dependency, ANTLR's runtime, comes with pyspark in the same version.
      delta: [
        {
          coordinates: "io.delta:delta-spark_2.12:3.3.2",
          fileName: "delta-spark_2.12-3.3.2.jar",
          sha256: "4e92085d5d794cf949c50bb665b91384857cad58680c2d0bfc9c7ad353e98e85",
        },
        {
          coordinates: "io.delta:delta-storage:3.3.2",
          fileName: "delta-storage-3.3.2.jar",
          sha256: "c096975a2ca97ccc9b4005aa5cce16c9ac3903139d340da6665b66ace67d7c36",
        },
      ],
    },
    diskBytes: 2_500_000_000,
  },
  "4": {
    id: "4",
    wireName: "Apache Spark version 4",
    sparkVersion: "4.3.0",
    pythonMinors: [11, 12, 13, 14],
    // Java 25.0.0 to 25.0.2 corrupt the heap under Spark with G1. Java 22 to 24 are out of support.
    acceptsJava: ([major = 0, minor = 0, patch = 0]) =>
      major === 17 || major === 21 || (major === 25 && (minor > 0 || patch >= 3)),
    javaDescription: "Java 25.0.3 or later, 21 or 17",
    javaMajors: [25, 21, 17],
    jdk: { lock: "jdk-21.txt", architectures: ["x64", "arm64"], debianPackage: "openjdk-21-jre-headless" },
    connectJar: undefined,
    tableJars: { iceberg: undefined, delta: undefined },
    diskBytes: 3_000_000_000,
  },
};

/** The jars that pyspark lacks for an engine with these additions. */
export function fetchedJars(spec: EngineSpec, additions: readonly Addition[]): Jar[] {
  const formats = tableFormats.filter((format) => additions.includes(format));
  return [...(spec.connectJar ? [spec.connectJar] : []), ...formats.flatMap((format) => spec.tableJars[format] ?? [])];
}

/** True if a Python package brings a Java for the engine on such a machine. */
export const hasJavaPackage = (spec: EngineSpec, architecture: string = process.arch): boolean =>
  spec.jdk.architectures.includes(architecture);

/** Those of the additions that this engine cannot have. */
export const unavailable = (spec: EngineSpec, additions: readonly Addition[]): Addition[] =>
  tableFormats.filter((format) => additions.includes(format) && spec.tableJars[format] === undefined);
