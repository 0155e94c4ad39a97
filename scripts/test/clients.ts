// The sources of published clients, for the tests that compare what they send. They are installed without
// their dependencies, and never run.
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { testTool, toolsFolder } from "../../test/support/tools/tools.ts";
import { root, runTool } from "../run-tool.ts";
import { stampOf } from "./tools-venv.ts";

/** The pinned clients; `npm run clients` moves them to their newest releases. */
export const clientsFile = join(root, "test/support/tools/clients.txt");

/** The folder that the clients are installed into. It is made anew when the pinned versions have changed. */
export async function ensureClients(): Promise<string> {
  const folder = join(toolsFolder, "clients");
  const stamp = stampOf(folder, clientsFile);
  if (stamp.isCurrent()) return folder;
  rmSync(folder, { recursive: true, force: true });
  await installSources(folder, ["-r", clientsFile]);
  stamp.write();
  return folder;
}

/** Installs requirements in pip's format, each without its dependencies and whatever Python it is for. */
export async function installSources(folder: string, requirements: readonly string[]): Promise<void> {
  const options = ["--no-deps", "--ignore-requires-python", "--only-binary=:all:", "--no-compile", "--quiet"];
  const pip = ["-m", "pip", "--disable-pip-version-check", "install", ...options, "--target", folder];
  const { code, output } = await runTool(testTool("python"), [...pip, ...requirements]);
  if (code !== 0) throw new Error(`pip could not install the clients of ${clientsFile}:\n${output}`);
}

export interface FoundProperty {
  readonly client: string;
  readonly key: string;
  readonly values: readonly string[];
}

/** The Spark properties in the clients' sources. */
export async function propertiesIn(folder: string): Promise<FoundProperty[]> {
  const script = join(root, "test/clients/sent_properties.py");
  const { code, output } = await runTool(testTool("python"), ["-I", script, folder]);
  if (code !== 0) throw new Error(output);
  return JSON.parse(output) as FoundProperty[];
}

/** The pinned clients' names. */
export function clientNames(): string[] {
  return [...readFileSync(clientsFile, "utf8").matchAll(/^([\w-]+)==/gm)].map((line) => line[1] ?? "");
}
