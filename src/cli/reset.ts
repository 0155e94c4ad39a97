import { join } from "node:path";
import { createInterface } from "node:readline";
import { readConfig } from "../config/config.ts";
import { liveDrivers } from "../drivers/local/live-drivers.ts";
import { makeFolder } from "../lib/make-folder.ts";
import { FolderInUse, lockFolder, lockHolder } from "../store/folder-lock.ts";
import { glauxCommand } from "./command-line.ts";
import { CliError, exitCodeOf, usageError } from "./failure.ts";
import { findDataFolder } from "./reset/data-folder.ts";
import { readHoldings } from "./reset/holdings.ts";
import { removeHoldings } from "./reset/removal.ts";
import { renderHoldings } from "./reset/render.ts";
import { watchSignals } from "./signals.ts";

type Env = Readonly<Record<string, string | undefined>>;

/**
 * `glaux reset`: removes what the data folder holds, except the engines. It holds the service's lock from
 * before it looks until the end, so no service can start meanwhile, and it refuses while a session's
 * processes live. It can be repeated, whatever moment it was ended at.
 */
export async function reset(env: Env, { yes = false }: { yes?: boolean }): Promise<number> {
  const config = readConfig(env);
  const folder = await findDataFolder(config);
  if (folder === undefined) {
    say(`There is nothing to remove in ${config.home}.`);
    return 0;
  }
  using _lock = await lock(folder, env);
  const holdings = await readHoldings(folder, config);
  await requireNoDrivers(folder, holdings.store?.nodeId, env);
  say(renderHoldings(holdings));
  if (!yes) await requireYes();
  using _signals = endAtSignal(env);
  say("Removing …");
  const errors = await removeHoldings(holdings, config.paths.sockets);
  if (errors.length > 0) throw incomplete(errors, env);
  say("Removed. The next start begins anew, with new keys.");
  return 0;
}

/** Takes the lock that a service holds, so that no service starts. */
async function lock(folder: string, env: Env): Promise<Disposable> {
  const run = join(folder, "run");
  await makeFolder(run, { mode: 0o700 });
  try {
    return lockFolder(run, { command: "glaux reset" });
  } catch (error) {
    if (!(error instanceof FolderInUse)) throw error;
    const pid = lockHolder(run);
    if (pid === undefined) throw new CliError(error.message, { cause: error });
    throw new CliError(
      `a Glaux service (process ${String(pid)}) runs on ${folder}. Nothing was removed\n  → end it with its sessions: ${glauxCommand(env, "stop --sessions")}`,
      { cause: error },
    );
  }
}

/** Throws if drivers still run: they outlive their service. */
async function requireNoDrivers(folder: string, nodeId: string | undefined, env: Env): Promise<void> {
  const live = await liveDrivers({ nodeId, driversFolder: join(folder, "drivers") });
  if (live.length === 0) return;
  const which = live.map(({ id, pids }) => `${id} (process ${pids.join(", ")})`);
  throw new CliError(
    [
      `sessions of ${folder} still run, without a service: drivers ${which.join(", ")}. Nothing was removed`,
      `  → start the service, which takes them over: ${glauxCommand(env, "serve")}`,
      `    and end it with them, from another shell: ${glauxCommand(env, "stop --sessions")}`,
    ].join("\n"),
  );
}

async function requireYes(): Promise<void> {
  if (!process.stdin.isTTY || !process.stdout.isTTY)
    throw usageError("there is no terminal to ask on. Nothing was removed\n  → --yes removes it without a question");
  process.stdout.write('Type "yes" to remove it: ');
  if ((await readLine()).trim().toLowerCase() !== "yes") throw new CliError("nothing was removed");
}

/** The line that the user types; empty at Ctrl-D. */
async function readLine(): Promise<string> {
  // Not treated as a terminal, so that Ctrl-C ends the command as usual.
  const lines = createInterface({ input: process.stdin, terminal: false });
  try {
    return await new Promise((resolve) => {
      lines.once("line", resolve).once("close", () => resolve(""));
    });
  } finally {
    lines.close();
  }
}

/** Ends the process at the first signal. A removal cannot be told to stop, and may end anywhere. */
function endAtSignal(env: Env): Disposable {
  const signals = watchSignals();
  signals.abort.addEventListener("abort", () => {
    process.stderr.write(
      `glaux: interrupted. Part of it is removed\n  → ${glauxCommand(env, "reset")} removes the rest\n`,
    );
    process.exit(exitCodeOf(signals.received ?? "SIGTERM"));
  });
  return signals;
}

function incomplete(errors: readonly unknown[], env: Env): CliError {
  const reasons = errors.map((error) => (error instanceof Error ? error.message : String(error)));
  return new CliError(
    [
      "not everything could be removed:",
      ...reasons.slice(0, 10).map((reason) => `  ${reason}`),
      `  → mend that, and repeat: ${glauxCommand(env, "reset")}`,
    ].join("\n"),
  );
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
