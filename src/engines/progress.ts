/** Sets of packages beyond the default ones. `athena`: what AWS preinstalls in Athena for Apache Spark. */
export type Addition = "athena";
export const additions: readonly Addition[] = ["athena"];

export type InstallStep =
  | "wait" // another installer works on the same engine
  | "python" // find an interpreter
  | "venv"
  | "packages"
  | "java"
  | "jars" // fetch and verify what pip does not carry
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
