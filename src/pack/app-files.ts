import { cp, mkdir, readdir, readFile } from "node:fs/promises";
import { basename, dirname, join, relative } from "node:path";
import { installFolder, packageRoot } from "../lib/package-root.ts";
import { npmClosure } from "./npm-closure.ts";

/**
 * Copies the running Glaux and the npm packages that it needs, the pinned Node among them, into a folder.
 * Their places relative to each other stay the same: what is in `node_modules` stays in `node_modules`.
 * Returns the paths, in the target folder, of Glaux's program and of the Node that runs it.
 */
export async function copyApp(target: string): Promise<{ program: string; node: string }> {
  const root = packageRoot();
  const base = installFolder(root);
  const packages = await npmClosure(root, base);
  for (const path of await packageFiles(root)) await copy(join(root, path), join(target, relative(base, root), path));
  for (const folder of packages) await copy(folder, join(target, relative(base, folder)));
  const [node = ""] = packages.filter((folder) => basename(folder) === "node");
  return { program: relative(base, join(root, "bin/glaux.mjs")), node: relative(base, join(node, "bin/node")) };
}

/**
 * The files that npm would publish. If Glaux runs from its sources, the sources take the place of what would
 * be compiled from them.
 */
async function packageFiles(root: string): Promise<string[]> {
  const isCheckout = basename(dirname(import.meta.dirname)) === "src";
  if (!isCheckout) return (await readdir(root)).filter((name) => name !== "node_modules");
  const { files } = JSON.parse(await readFile(join(root, "package.json"), "utf8")) as { files: string[] };
  const listed = files.filter((path) => !/[*!]/.test(path)).map((path) => (path === "dist" ? "src" : path));
  return [...listed, "package.json", "README.md", "LICENSE"];
}

/**
 * Leaves out a package's own `node_modules` (the closure names the packages that are needed of it), and files
 * that no running program reads: tests, types and source maps.
 */
const isLeftOut = (path: string): boolean =>
  /(^|\/)(node_modules|__pycache__)$|\.(test\.ts|fixture\.ts|d\.[cm]?ts|map)$/.test(path);

async function copy(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  await cp(from, to, { recursive: true, dereference: true, filter: (path) => !isLeftOut(relative(from, path)) });
}
