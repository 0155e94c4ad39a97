import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/**
 * The folder that holds Glaux's package.json: the checkout's root, or the installed package's. Files that are not
 * compiled (the driver, the engines' requirements, the examples) are found from here, so their paths are the same
 * whether this runs from src/ or from dist/.
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

/** Of the package whose folder this is. */
export function packageVersion(): string {
  return (JSON.parse(readFileSync(join(packageRoot(), "package.json"), "utf8")) as { version: string }).version;
}
