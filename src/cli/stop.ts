import { readConfig } from "../config/config.ts";
import { delay } from "../lib/delay.ts";
import { lockHolder } from "../store/folder-lock.ts";
import { CliError } from "./failure.ts";

/** A service ends in less time than this, because it bounds each step of its end. */
export const patienceMs = 90_000;

/**
 * `glaux stop`: ends the service that runs on the data folder. By default it sends SIGTERM, which leaves the
 * sessions running for the next start unless GLAUX_SESSIONS_AT_SIGTERM says otherwise. With `sessions` it
 * sends SIGINT, which ends the sessions too. Resolves when the process is gone.
 */
export async function stop(
  env: Readonly<Record<string, string | undefined>>,
  { sessions = false }: { sessions?: boolean },
): Promise<number> {
  const { home, paths, logFile, sessionsAtSigterm } = readConfig(env);
  const pid = lockHolder(paths.run);
  if (pid === undefined)
    throw new CliError(
      `no Glaux service runs on ${home}\n  → GLAUX_HOME names the data folder of the one that is meant`,
    );
  say(
    sessions || sessionsAtSigterm === "end"
      ? `Ending the service (process ${String(pid)}) and its sessions …`
      : `Ending the service (process ${String(pid)}); sessions go on, unless it was started with GLAUX_SESSIONS_AT_SIGTERM=end, and the next start takes them over …`,
  );
  send(pid, sessions ? "SIGINT" : "SIGTERM");
  const until = performance.now() + patienceMs;
  for (let pauseMs = 10; lockHolder(paths.run) === pid || isThere(pid); pauseMs = Math.min(pauseMs * 2, 200)) {
    if (performance.now() > until)
      throw new CliError(
        `process ${String(pid)} has not ended within ${String(patienceMs / 1000)} s; ${logFile} may say why\n  → kill -9 ${String(pid)} ends it; nothing is lost, and the next start takes its sessions over`,
      );
    await delay(pauseMs);
  }
  say("Ended.");
  return 0;
}

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

function send(pid: number, signal: "SIGINT" | "SIGTERM"): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // The process has just ended by itself.
    if (code === "ESRCH") return;
    throw new CliError(`process ${String(pid)} cannot be signaled (${code ?? ""}): it belongs to another user`, {
      cause: error,
    });
  }
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
