// Makes node_modules agree with package-lock.json. Plain JavaScript for Node >= 20: it runs before anything
// is installed.
//
// npm writes node_modules/.package-lock.json as the last step of an installation that worked. To compare it
// with package-lock.json costs milliseconds, needs no stamp of our own, and also accepts what `npm ci`
// installed by hand.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { packageFolder, pinnedNode, platformRefusal, runOnPinnedNode } from "../bin/run-node.mjs";

/**
 * Runs `node <args>` in the checkout on the pinned Node, after installing what is missing, and sets this
 * process's exit code to that run's.
 *
 * @param {readonly string[]} args
 */
export async function setUpAndRun(args) {
  try {
    const refusal = platformRefusal();
    if (refusal !== undefined) throw new Error(refusal);
    process.exitCode = await runOnPinnedNode(ensurePackages(), args, { ownSession: true });
  } catch (error) {
    console.error(`glaux: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  }
}

/** The pinned Node's path, after `npm ci` if packages are missing or older than package-lock.json. */
function ensurePackages() {
  const why = staleReason();
  if (why !== undefined) {
    console.log(`Installing npm packages (${why}; about 250 MB, once) …`);
    npmCi();
  }
  const node = pinnedNode();
  if (node === undefined) {
    throw new Error(
      "The npm package `node` came without its binary: its install script did not run. Allow it (`ignore-scripts` must be off), then run `npm ci`.",
    );
  }
  return node;
}

/** Why `npm ci` is needed, or undefined if what is installed agrees with package-lock.json. */
export function staleReason(folder = packageFolder) {
  const installedFile = join(folder, "node_modules/.package-lock.json");
  if (!existsSync(installedFile)) return "none are installed";
  const wanted = JSON.parse(readFileSync(join(folder, "package-lock.json"), "utf8")).packages;
  const installed = JSON.parse(readFileSync(installedFile, "utf8")).packages;
  for (const [path, { version, optional }] of Object.entries(wanted)) {
    const found = installed[path];
    if (path === "" || (found === undefined && optional)) continue; // optional: another platform's binaries
    if (found?.version !== version) return `${path.replace(/^.*node_modules\//, "")} ${version} is not installed`;
  }
  return undefined;
}

function npmCi() {
  const startedAt = Date.now();
  // Under `npm start` the PATH begins with node_modules/.bin, whose node is about to be replaced, so npm gets
  // a PATH without it and runs on the caller's own Node.
  const path = (process.env.PATH ?? "")
    .split(delimiter)
    .filter((entry) => !entry.includes("node_modules"))
    .join(delimiter);
  const { status, error } = spawnSync("npm", ["ci", "--loglevel=error"], {
    cwd: packageFolder,
    stdio: "inherit",
    env: { ...process.env, PATH: path },
  });
  if (error !== undefined) throw new Error(`npm could not be started: ${error.message}. Install npm 10 or later.`);
  if (status !== 0) throw new Error(`npm ci failed (exit code ${status}); its message is above.`);
  console.log(`… npm packages installed in ${((Date.now() - startedAt) / 1000).toFixed(1)} s.`);
}
