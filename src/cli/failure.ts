import { constants } from "node:os";

/**
 * A failure that the user can understand and mend. The message says what happened, to which thing, and what
 * to do.
 */
export class CliError extends Error {
  readonly exitCode: number;

  constructor(message: string, options: ErrorOptions & { exitCode?: number } = {}) {
    super(message, options);
    this.name = "CliError";
    this.exitCode = options.exitCode ?? 1;
  }
}

/** A wrong command line. */
export const usageError = (message: string) => new CliError(message, { exitCode: 2 });

/** Ends a command early because of a signal; there is nothing to explain. */
export class Interrupted extends Error {
  readonly exitCode: number;

  constructor(signal: NodeJS.Signals) {
    super(`interrupted by ${signal}`);
    this.name = "Interrupted";
    this.exitCode = exitCodeOf(signal);
  }
}

/** The exit code that shells report for a program that a signal ended. */
export const exitCodeOf = (signal: NodeJS.Signals): number => 128 + constants.signals[signal];

/** How a command's failure is shown, and its exit code. */
export function explain(error: unknown): { text: string | undefined; exitCode: number } {
  if (error instanceof Interrupted) return { text: undefined, exitCode: error.exitCode };
  if (error instanceof CliError) return { text: error.message, exitCode: error.exitCode };
  if (!(error instanceof Error) || isOurMistake(error)) {
    const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { text: `an error that should not happen, please report it:\n${detail}`, exitCode: 1 };
  }
  return { text: withRemedy(error), exitCode: 1 };
}

const isOurMistake = (error: Error) =>
  [TypeError, ReferenceError, RangeError, SyntaxError].some((kind) => error instanceof kind);

const remedies: Record<string, string> = {
  EACCES: "check who owns it and its permissions, or choose another data folder with GLAUX_HOME",
  EPERM: "check who owns it and its permissions, or choose another data folder with GLAUX_HOME",
  EROFS: "choose a data folder that can be written with GLAUX_HOME",
  ENOSPC: "the disk is full: free some space, or choose another data folder with GLAUX_HOME",
  ENOTDIR: "a file stands where a folder is needed: choose another data folder with GLAUX_HOME",
  EEXIST: "a file stands where a folder is needed: choose another data folder with GLAUX_HOME",
};

/**
 * SQLite's result codes (https://sqlite.org/rescode.html), as the system's error codes that mean the same.
 */
const codesOfSqlite: Record<number, string> = { 8: "EROFS", 13: "ENOSPC", 14: "EACCES" };

function withRemedy(error: Error): string {
  const { code = "", errcode = 0 } = error as NodeJS.ErrnoException & { errcode?: number };
  const remedy = remedies[code] ?? remedies[codesOfSqlite[errcode & 0xff] ?? ""];
  return remedy === undefined ? error.message : `${error.message}\n  → ${remedy}`;
}
