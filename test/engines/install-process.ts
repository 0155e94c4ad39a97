import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { InstallProgress } from "../../src/engines/engines.ts";

export type InstallerLine = InstallProgress | { error: string };

/** Starts an install in a process of its own. */
export function startInstaller(
  args: { folder: string; id?: string; javaFolder?: string; pythonFolder?: string },
  env: NodeJS.ProcessEnv = process.env,
): { child: ChildProcess; lines: AsyncIterable<InstallerLine>; ended: Promise<number | null> } {
  const script = fileURLToPath(new URL("installer.ts", import.meta.url));
  const { folder, id = "3.5", javaFolder = "", pythonFolder = "" } = args;
  const child = spawn(process.execPath, [script, folder, id, javaFolder, pythonFolder], {
    env,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  const lines = createInterface({ input: child.stdout });
  async function* events(): AsyncGenerator<InstallerLine> {
    for await (const line of lines) yield JSON.parse(line) as InstallerLine;
  }
  return { child, lines: events(), ended };
}

/** Runs an install to its end. */
export async function runInstaller(
  args: Parameters<typeof startInstaller>[0],
  env?: NodeJS.ProcessEnv,
): Promise<{ lines: InstallerLine[]; code: number | null }> {
  const installer = startInstaller(args, env);
  const lines: InstallerLine[] = [];
  for await (const line of installer.lines) lines.push(line);
  return { lines, code: await installer.ended };
}
