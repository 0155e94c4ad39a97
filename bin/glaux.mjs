#!/usr/bin/env node
// The `glaux` command. Through npx and npm scripts the pinned Node is first on the PATH and runs this file
// already, so the command line runs in this process. Any other Node >= 20 starts the pinned one.
import { pathToFileURL } from "node:url";
import { cliEntry, pinnedNode, platformRefusal, runOnPinnedNode } from "./run-node.mjs";

const refusal = platformRefusal();
const node = pinnedNode();
if (refusal !== undefined) {
  fail(refusal);
} else if (node === undefined) {
  fail(
    "its packages are not installed. In a checkout run `npm start` or `npm ci` first; elsewhere `npm install glaux`.",
  );
} else if (process.execPath === node) {
  process.argv[1] = cliEntry();
  await import(pathToFileURL(cliEntry()).href);
} else {
  process.exitCode = await runOnPinnedNode(node, [cliEntry(), ...process.argv.slice(2)]);
}

/** @param {string} reason */
function fail(reason) {
  console.error(`glaux: ${reason}`);
  process.exitCode = 1;
}
