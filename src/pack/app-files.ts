import { cp, mkdir, readdir, readFile } from "node:fs/promises";
import { basename, dirname, join, relative } from "node:path";
import { installFolder, packageRoot } from "../lib/package-root.ts";
import { npmClosure } from "./npm-closure.ts";

/**
 * Copies the running Glaux and the npm packages that it needs, the pinned Node among them, into a folder. They lie there as they lie here: what
 * is in `node_modules` stays in it. Returns the paths of Glaux's program and of the Node that runs it, in that folder.
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

/** What npm would publish; sources stand for what is compiled from them where Glaux runs from its sources. */
async function packageFiles(root: string): Promise<string[]> {
  const isCheckout = basename(dirname(import.meta.dirname)) === "src";
  if (!isCheckout) return (await readdir(root)).filter((name) => name !== "node_modules");
  const { files } = JSON.parse(await readFile(join(root, "package.json"), "utf8")) as { files: string[] };
  const listed = files.filter((path) => !/[*!]/.test(path)).map((path) => (path === "dist" ? "src" : path));
  return [...listed, "package.json", "README.md", "LICENSE"];
}

/** The `node_modules` of a package's own (the closure names what is needed of it), and what nothing reads that runs: tests, types and source maps. */
const isLeftOut = (path: string): boolean =>
  /(^|\/)(node_modules|__pycache__)$|\.(test\.ts|fixture\.ts|d\.[cm]?ts|map)$/.test(path);

async function copy(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  await cp(from, to, { recursive: true, dereference: true, filter: (path) => !isLeftOut(relative(from, path)) });
}
