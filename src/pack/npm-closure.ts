import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";

interface Manifest {
  dependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
}

/**
 * The folders of all npm packages that the package in `root` needs to run. They are found as Node finds them:
 * in the nearest `node_modules`, upwards. Throws if a package that is not optional is missing, or lies
 * outside of `base`, as with package managers that keep packages elsewhere.
 */
export async function npmClosure(root: string, base: string): Promise<string[]> {
  const found = new Set<string>();
  const pending = [root];
  for (let folder = pending.pop(); folder !== undefined; folder = pending.pop()) {
    const { dependencies = {}, optionalDependencies = {} } = await readManifest(folder);
    for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
      const dependency = findPackage(name, folder, base);
      if (dependency === undefined) {
        if (name in optionalDependencies) continue;
        throw new Error(`the npm package ${name}, which ${folder} needs, is not in a node_modules of ${base}`);
      }
      if (found.has(dependency)) continue;
      found.add(dependency);
      pending.push(dependency);
    }
  }
  return [...found].sort();
}

const readManifest = async (folder: string): Promise<Manifest> =>
  JSON.parse(await readFile(join(folder, "package.json"), "utf8")) as Manifest;

function findPackage(name: string, from: string, base: string): string | undefined {
  for (let folder = from; !relative(base, folder).startsWith(".."); folder = dirname(folder)) {
    const candidate = join(folder, "node_modules", name);
    if (existsSync(join(candidate, "package.json"))) return candidate;
  }
  return undefined;
}
