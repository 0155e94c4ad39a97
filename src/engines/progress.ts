import type { TableFormat } from "../domain/ready-shapes.ts";

/**
 * What an engine may have beyond the default. `athena`: the Python packages that AWS preinstalls in Athena
 * for Apache Spark. The others: the jars of a table format.
 */
export type Addition = "athena" | TableFormat;
export const additions = ["athena", "iceberg", "delta"] as const satisfies readonly Addition[];

export type InstallStep =
  | "wait" // another installer works on the same engine
  | "python" // find an interpreter
  | "pack" // verify the files that an archive of `glaux pack` brought
  | "packages"
  | "java"
  | "jars" // fetch and verify what pip does not carry
  | "classes" // compile Glaux's own classes for Spark
  | "archive"; // make the class-data archive

export interface InstallProgress {
  step: InstallStep;
  /**
   * `skipped`: an earlier install did the step. `failed` is used only if the install goes on without the
   * step.
   */
  state: "running" | "done" | "skipped" | "failed";
  message: string;
  /** What is being downloaded, and how much of it has come, as far as the downloader tells. */
  download?: { name: string; receivedBytes: number; totalBytes: number | undefined };
  /** Milliseconds since the step began. */
  elapsedMs: number;
}

export type OnProgress = (event: InstallProgress) => void;
