// `node scripts/run.mjs <script.ts> [arguments]`: installs the npm packages if need be, then runs a script of
// this folder on the pinned Node. So npm's one-word commands work in a fresh clone, whatever Node started
// npm.
import { setUpAndRun } from "./packages.mjs";

await setUpAndRun(process.argv.slice(2));
