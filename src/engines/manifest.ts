import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";

const fileStamp = z.object({ name: z.string(), size: z.number(), mtimeMs: z.number() });

/** What an archive was made for; a JVM ignores one that differs in any of it. */
const archive = z.object({
  flags: z.array(z.string()),
  folder: z.string(),
  jvm: fileStamp,
  jars: z.array(fileStamp),
});

/**
 * `engine.json`: written last and atomically, so its presence means a complete install. Paths inside the engine's folder are relative to
 * it, as a folder may be copied into an image; only a Java of the machine is absolute.
 */
const manifest = z.object({
  format: z.literal(1),
  id: z.enum(["3.5", "4"]),
  build: z.string(),
  with: z.array(z.enum(["athena"])),
  javaHome: z.string(),
  sparkHome: z.string(),
  /** Names of all jars that belong to the engine, relative to its folder. */
  jars: z.array(z.string()),
  versions: z.object({ spark: z.string(), python: z.string(), java: z.string() }),
  archive: archive.optional(),
  /** Why there is no archive, so that one that cannot be made is not tried at each start; another training run is tried. */
  archiveRefused: archive.extend({ reason: z.string(), training: z.string() }).optional(),
});

export type Manifest = z.infer<typeof manifest>;
export type FileStamp = z.infer<typeof fileStamp>;
export type Archive = z.infer<typeof archive>;

/** Undefined if there is none, or none that this version can read: then it is installed again. */
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
