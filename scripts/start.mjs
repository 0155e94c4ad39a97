// `npm start`: installs the npm packages if need be, then runs the service on the pinned Node. The service itself sets
// up the Spark engine and tells what it does.
import { cliEntry, platformRefusal, runOnPinnedNode } from "../bin/run-node.mjs";
import { ensurePackages } from "./packages.mjs";

try {
  const refusal = platformRefusal();
  if (refusal !== undefined) throw new Error(refusal);
  const args = [cliEntry(), "serve", ...process.argv.slice(2)];
  process.exitCode = await runOnPinnedNode(ensurePackages(), args, { ownSession: true });
} catch (error) {
  console.error(`glaux: ${error.message}`);
  process.exitCode = 1;
}
