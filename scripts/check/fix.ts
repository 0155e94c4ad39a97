// `npm run fix`: formats everything and mends what the linters can mend by themselves.
import { join } from "node:path";
import { testTool } from "../../test/support/tools/tools.ts";
import { root, runNode, runTool } from "../run-tool.ts";
import { ensureToolsVenv } from "../test/tools-venv.ts";

await ensureToolsVenv();
const live = { live: true };
const python = { live: true, cwd: join(root, "driver") };
const outcomes = [
  await runNode([join(root, "node_modules/eslint/bin/eslint.js"), "--fix", "."], live),
  await runNode([join(root, "node_modules/prettier/bin/prettier.cjs"), "--write", "--log-level=warn", "."], live),
  await runTool(testTool("ruff"), ["check", "--fix", "--quiet", "."], python),
  await runTool(testTool("ruff"), ["format", "--quiet", "."], python),
];
process.exitCode = outcomes.every(({ code }) => code === 0) ? 0 : 1;
