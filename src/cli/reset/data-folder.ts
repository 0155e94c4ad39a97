import { lstat, readdir, readFile, realpath } from "node:fs/promises";
import { join, relative } from "node:path";
import { isOwnProfile } from "../../access/aws-profile.ts";
import type { Config } from "../../config/config.ts";
import { homeFolder, systemHomeFolder } from "../../lib/home-folder.ts";
import { readSummary } from "../../store/summary.ts";
import { CliError } from "../failure.ts";
import { isInside } from "./inside.ts";
import { mountsInside } from "./mounts.ts";
import { isLock, isOwnName, markerIn, markerText } from "./own-names.ts";

/**
 * The true path of the data folder, or undefined if there is nothing in it to remove. Throws a CliError if
 * the folder must not be touched: it is not Glaux's, or its removal would reach what is not Glaux's. Changes
 * nothing.
 *
 * A folder is Glaux's if a service has left its database or its AWS profile in it, or if an earlier reset
 * began to remove them. A link to one of these does not count.
 */
export async function findDataFolder(config: Config): Promise<string | undefined> {
  const folder = await truePath(config.home);
  if (folder === undefined) return undefined;
  if (!(await lstat(folder)).isDirectory()) throw refusal(`${config.home} is a file`);
  if (await isAboveHome(folder))
    throw refusal(
      `${folder} is a home folder or above one, which is never reset`,
      "if Glaux has put its data there, remove that by hand",
    );
  if (await isNothingLeft(folder)) return undefined;
  if (!(await hasSign(folder)))
    throw refusal(
      `${folder} is not a data folder of Glaux: no service has left a database or an AWS profile there`,
      "GLAUX_HOME names the data folder",
    );
  await requireOnlyOwn(folder, config);
  return folder;
}

const refusal = (message: string, remedy?: string) =>
  new CliError(`${message}. Nothing was removed${remedy === undefined ? "" : `\n  → ${remedy}`}`);

async function truePath(path: string): Promise<string | undefined> {
  try {
    return await realpath(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/**
 * True if the folder is a home folder of the user who asks, or above one. The environment and the system are
 * both asked, because they differ under sudo, for instance.
 */
async function isAboveHome(folder: string): Promise<boolean> {
  const known = [homeFolder(), systemHomeFolder()].filter((home) => home !== undefined);
  const homes = await Promise.all(known.map(async (home) => (await truePath(home)) ?? home));
  return homes.some((home) => isInside(home, folder));
}

/**
 * True if the folder is empty, or holds only what a reset leaves, or only engines that were installed before
 * any service ran.
 */
async function isNothingLeft(folder: string): Promise<boolean> {
  const names = await readdir(folder);
  if (names.some((name) => name !== "run" && isOwnName(name))) return false;
  const inRun = await readdir(join(folder, "run")).catch(() => undefined);
  if (inRun !== undefined) return inRun.length > 0 && inRun.every(isLock);
  return names.every((name) => name === "engines");
}

async function hasSign(folder: string): Promise<boolean> {
  const folders = await Promise.all(["run", "aws"].map((name) => isFolder(join(folder, name))));
  if (folders[0] && (await textOf(markerIn(folder))) === markerText) return true;
  if (folders[1] && isOwnProfile(await textOf(join(folder, "aws/config")))) return true;
  const database = join(folder, "glaux.db");
  return (await isFile(database)) && readSummary(database) !== undefined;
}

/**
 * Throws if the removal would reach something that is not Glaux's. Links inside the folder are no danger: a
 * link itself is removed, wherever it leads. But what is mounted inside would be removed itself, and behind a
 * link `run` the lock would be another one than the service's.
 */
async function requireOnlyOwn(folder: string, { enginesFolder }: Config): Promise<void> {
  const run = join(folder, "run");
  if ((await lstat(run).catch(() => undefined))?.isSymbolicLink())
    throw refusal(`${run} is a symbolic link, where Glaux makes a folder`, `remove the link, and repeat`);
  const mounted = (await mountsInside(folder)).filter((point) => isOwnName(partOf(point, folder)));
  if (mounted.length > 0)
    throw refusal(`${mounted.join(", ")} is mounted in what would be removed`, "unmount it, and repeat");
  const engines = (await truePath(enginesFolder)) ?? enginesFolder;
  if (isInside(engines, folder) && isOwnName(partOf(engines, folder)))
    throw refusal(
      `the engines in ${engines} lie in ${partOf(engines, folder)}/, which would be removed`,
      "move them elsewhere, and say so with GLAUX_ENGINES",
    );
}

/** The name of the folder's direct entry that the path leads through. */
const partOf = (path: string, folder: string) => relative(folder, path).split("/")[0] ?? "";

/** The text of a file; empty if it is no file. */
const textOf = async (path: string) => ((await isFile(path)) ? readFile(path, "utf8") : "");

const isFile = async (path: string) => (await lstat(path).catch(() => undefined))?.isFile() === true;
const isFolder = async (path: string) => (await lstat(path).catch(() => undefined))?.isDirectory() === true;
