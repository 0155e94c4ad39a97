// The tools of the test environment, which `npm test` and `npm run check` set up.
import { existsSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "../../..");

/** The virtual environment's folder. It is set up by scripts/test/tools-venv.ts. */
export const toolsFolder = join(root, ".venv-test");

/**
 * The absolute path of a program of the test environment, such as `aws`, `python`, `pytest`, `mypy` or
 * `ruff`.
 */
export function testTool(name: string): string {
  const path = join(toolsFolder, "bin", name);
  if (!existsSync(path))
    throw new Error(`The test tool ${name} is missing: run \`npm test\` or \`npm run check\` once.`);
  return path;
}
