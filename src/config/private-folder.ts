import { lstat, mkdir } from "node:fs/promises";
import { ConfigError } from "./config.ts";

/**
 * Makes a folder that nobody else can enter, or checks that an existing folder is such. In a place that all
 * users may write to, somebody may have made the folder first, to get at what will be in it. Throws a
 * ConfigError.
 */
export async function makePrivateFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 });
  const found = await lstat(path);
  if (!found.isDirectory() || found.uid !== process.getuid?.() || (found.mode & 0o077) !== 0)
    throw new ConfigError(`${path} must be a folder of this user with mode 0700. Remove it, and start again`);
}
