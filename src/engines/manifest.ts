import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { additions } from "./progress.ts";

/**
 * `engine.json` is written last and atomically, so its presence means a complete install. Paths inside the
 * engine's folder are relative to the folder, because it may be copied into an image. Only the path of a Java
 * of the machine is absolute.
 */
const manifest = z.object({
  format: z.literal(1),
  id: z.enum(["3.5", "4"]),
  build: z.string(),
  with: z.array(z.enum(additions)),
  javaHome: z.string(),
  sparkHome: z.string(),
  /** Names of all jars that belong to the engine, relative to its folder. */
  jars: z.array(z.string()),
  versions: z.object({ spark: z.string(), python: z.string(), java: z.string() }),
  /**
   * A digest of the lock files. If it differs from the present lock files' digest, the engine is installed
   * anew.
   */
  locks: z.string(),
  /** The `archiveKey` (layout.ts) that the archive was made for. */
  archive: z.object({ key: z.string() }).optional(),
  /**
   * Why there is no archive, so that an archive that cannot be made is not tried again at each start. It is
   * tried again if the key or the training run has changed.
   */
  archiveRefused: z.object({ key: z.string(), training: z.string(), reason: z.string() }).optional(),
});

export type Manifest = z.infer<typeof manifest>;

/**
 * Undefined if there is no manifest, or none that this version can read. Then the engine is installed again.
 */
export async function readManifest(folder: string): Promise<Manifest | undefined> {
  try {
    return manifest.parse(JSON.parse(await readFile(join(folder, "engine.json"), "utf8")));
  } catch {
    return undefined;
  }
}

export async function writeManifest(folder: string, content: Manifest): Promise<void> {
  const unfinished = join(folder, `engine.json.${String(process.pid)}`);
  await writeFile(unfinished, `${JSON.stringify(content, undefined, 2)}\n`);
  await rename(unfinished, join(folder, "engine.json"));
}
