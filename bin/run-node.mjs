// Runs Glaux on the Node that it pins (npm package `node`), whatever Node started us. Plain JavaScript for
// Node >= 20, without dependencies: it must be able to say what is missing when nothing is installed yet.
import { spawn } from "node:child_process";
import { existsSync, realpathSync } from "node:fs";
import { createRequire } from "node:module";
import { constants } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const packageFolder = dirname(dirname(fileURLToPath(import.meta.url)));

/** The command line's entry: the compiled file in a published package, the source file in a checkout. */
export function cliEntry() {
  const compiled = join(packageFolder, "dist/cli/main.js");
  const sources = join(packageFolder, "src/cli/main.ts");
  // Type stripping refuses files under node_modules, so an installed package can only run what was compiled.
  // In a checkout the sources win over what an old build left behind.
  return existsSync(sources) ? sources : compiled;
}

/** The path of the pinned Node, or undefined if packages are not installed. */
export function pinnedNode() {
  try {
    // In an installed package `node` is usually hoisted, so it is looked up as an import would be.
    const manifest = createRequire(import.meta.url).resolve("node/package.json");
    const binary = join(dirname(manifest), "bin/node");
    return existsSync(binary) ? realpathSync(binary) : undefined;
  } catch {
    return undefined;
  }
}

/** Why Glaux does not run on this platform, or undefined if it does. */
export function platformRefusal(platform = process.platform, arch = process.arch) {
  if (platform === "linux" && (arch === "x64" || arch === "arm64")) return undefined;
  if (platform === "linux") return `Linux on ${arch} is not supported: use x64 or arm64.`;
  const name = platform === "darwin" ? "macOS" : platform === "win32" ? "Windows" : platform;
  return `${name} is not supported: session processes are tracked through Linux's /proc; use Linux, WSL2, a Linux VM or a container.`;
}

/**
 * Runs the pinned Node with these arguments, stdio inherited, and resolves to the exit code it ended with:
 * its own, or 128 + n if signal n ended it. SIGTERM and SIGINT are passed on. The same signal again within
 * `sameWithinMs` is not passed on: it is the same key press, which the terminal and npm both deliver. A later
 * signal is passed on again, because it means "at once".
 *
 * With `ownSession` the child does not belong to the terminal, so a Ctrl-C reaches it from here alone.
 * Without it the child can read from the terminal.
 *
 * @param {string} node
 * @param {readonly string[]} args
 * @returns {Promise<number>}
 */
export function runOnPinnedNode(node, args, { ownSession = false, sameWithinMs = 500 } = {}) {
  const child = spawn(node, args, { stdio: "inherit", detached: ownSession });
  /** @type {Map<NodeJS.Signals, number>} */
  const passedAt = new Map();
  const passOn = (/** @type {NodeJS.Signals} */ signal) => {
    const now = performance.now();
    if (now - (passedAt.get(signal) ?? -Infinity) < sameWithinMs) return;
    passedAt.set(signal, now);
    child.kill(signal);
  };
  process.on("SIGTERM", passOn).on("SIGINT", passOn);
  // The terminal was closed. A child in its own session would not notice, so it gets SIGTERM: it ends, and
  // sessions live on.
  process.on("SIGHUP", () => passOn(ownSession ? "SIGTERM" : "SIGHUP"));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code, signal) => resolve(signal === null ? (code ?? 1) : 128 + constants.signals[signal]));
  });
}
