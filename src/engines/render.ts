import type { InstallProgress, InstallStep, OnProgress } from "./progress.ts";

export interface Terminal {
  isTTY?: boolean | undefined;
  columns?: number | undefined;
  write(text: string): unknown;
}

/**
 * Shows an install's progress: on a terminal as one line that is updated in place, elsewhere as a plain line
 * for each new message or file.
 */
export function renderProgress(terminal: Terminal): OnProgress {
  return terminal.isTTY ? liveLine(terminal) : plainLines(terminal);
}

const marks: Record<InstallProgress["state"], string> = { running: "…", done: "✓", skipped: "✓", failed: "!" };

function liveLine(terminal: Terminal): OnProgress {
  return (event) => {
    const line = clip(describe(event), (terminal.columns ?? 80) - 1);
    terminal.write(`\r\u001b[K${line}${event.state === "running" ? "" : "\n"}`);
  };
}

function plainLines(terminal: Terminal): OnProgress {
  let last = "";
  return (event) => {
    // Numbers that only grow would fill a log, so each message or file gets one line.
    const key = `${event.step} ${event.state} ${event.message} ${event.download?.name ?? ""}`;
    if (key === last) return;
    last = key;
    terminal.write(`${describe(event)}\n`);
  };
}

const names: Record<InstallStep, string> = {
  wait: "Waiting",
  python: "Python",
  pack: "Archive",
  packages: "Packages",
  java: "Java",
  jars: "Jars",
  classes: "Classes",
  archive: "Start-up archive",
};

/** One line, such as `… Packages: pyspark-3.5.7.tar.gz 103 of 317 MB (12 s)`. */
export function describe({ step, state, message, download, elapsedMs }: InstallProgress): string {
  const what = download ? `${download.name} ${sizes(download)}` : message;
  const seconds = state === "skipped" || elapsedMs < 1000 ? "" : ` (${String(Math.round(elapsedMs / 1000))} s)`;
  return `${marks[state]} ${names[step]}: ${what}${seconds}`;
}

function sizes({ receivedBytes, totalBytes }: NonNullable<InstallProgress["download"]>): string {
  const received = megabytes(receivedBytes);
  if (totalBytes === undefined) return received === "0.0" ? "" : `${received} MB`;
  return receivedBytes === 0 ? `(${megabytes(totalBytes)} MB)` : `${received} of ${megabytes(totalBytes)} MB`;
}

const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0);

const clip = (line: string, width: number): string => (line.length > width ? `${line.slice(0, width - 1)}…` : line);
