import type { TableFormat } from "../domain/ready-shapes.ts";

/** What an engine may have beyond the default. `athena`: the Python packages that AWS preinstalls in Athena for Apache Spark; the others: a table format's jars. */
export type Addition = "athena" | TableFormat;
export const additions = ["athena", "iceberg", "delta"] as const satisfies readonly Addition[];

export type InstallStep =
  | "wait" // another installer works on the same engine
  | "python" // find an interpreter
  | "pack" // verify the files that an archive of `glaux pack` brought
  | "venv"
  | "packages"
  | "java"
  | "jars" // fetch and verify what pip does not carry
  | "classes" // Glaux's own for Spark
  | "archive"; // class-data archive

export interface InstallProgress {
  step: InstallStep;
  /** `skipped`: an earlier install had done it. `failed` only where the install goes on without. */
  state: "running" | "done" | "skipped" | "failed";
  message: string;
  /** What is being downloaded, and how far it is, as far as the downloader tells. */
  download?: { name: string; receivedBytes: number; totalBytes: number | undefined };
  /** Since the step began. */
  elapsedMs: number;
}

export type OnProgress = (event: InstallProgress) => void;
