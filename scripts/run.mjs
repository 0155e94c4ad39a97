// `node scripts/run.mjs <script.ts> [arguments]`: installs the npm packages if need be, then runs a script of this
// folder on the pinned Node. So npm's one-word commands work in a fresh clone, whatever Node started npm.
import { join } from "node:path";
import { packageFolder, platformRefusal, runOnPinnedNode } from "../bin/run-node.mjs";
import { ensurePackages } from "./packages.mjs";

const [script, ...args] = process.argv.slice(2);
try {
  const refusal = platformRefusal();
  if (refusal !== undefined) throw new Error(refusal);
  const node = ensurePackages();
  process.exitCode = await runOnPinnedNode(node, [join(packageFolder, script), ...args], { ownSession: true });
} catch (error) {
  console.error(`glaux: ${error.message}`);
  process.exitCode = 1;
}
