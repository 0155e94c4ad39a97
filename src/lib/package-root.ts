import { existsSync, readFileSync } from "node:fs";
import { dirname, join, sep } from "node:path";

/**
 * The folder that holds Glaux's package.json: the root of the checkout, or of the installed package. Files
 * that are not compiled (the driver, the engines' requirements, the examples) are found from here, so their
 * paths are the same whether this runs from src/ or from dist/.
 */
export function packageRoot(from = import.meta.dirname): string {
  let folder = from;
  while (!existsSync(join(folder, "package.json"))) {
    const parent = dirname(folder);
    if (parent === folder)
      throw new Error(`No package.json in ${from} or above: this installation of Glaux is incomplete.`);
    folder = parent;
  }
  return folder;
}

/** Glaux's version, from its package.json. */
export function packageVersion(): string {
  return (JSON.parse(readFileSync(join(packageRoot(), "package.json"), "utf8")) as { version: string }).version;
}

/**
 * The folder whose `node_modules` the package is in. If it is in none, as in a checkout, the package's own
 * folder.
 */
export function installFolder(root = packageRoot()): string {
  const [outside = root] = root.split(`${sep}node_modules${sep}`);
  return outside;
}

/**
 * The folder of an unpacked archive of `glaux pack`, if this package is in one. src/pack/write-pack.ts says
 * what it holds.
 */
export function packFolder(): string | undefined {
  const folder = dirname(installFolder());
  return existsSync(join(folder, "glaux-pack.json")) ? folder : undefined;
}
