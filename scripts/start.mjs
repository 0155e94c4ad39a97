// `npm start`: installs the npm packages if need be, then runs the service on the pinned Node. The service
// itself sets up the Spark engine and reports its progress.
import { cliEntry } from "../bin/run-node.mjs";
import { setUpAndRun } from "./packages.mjs";

await setUpAndRun([cliEntry(), "serve", ...process.argv.slice(2)]);
