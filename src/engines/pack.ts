import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { fileDigest } from "../lib/file-digest.ts";
import { packFolder } from "../lib/package-root.ts";
import { EngineError } from "./errors.ts";
import { additions, type Addition } from "./progress.ts";
import type { EngineSpec } from "./specs.ts";

/** `glaux-pack.json`, in the top folder of what `glaux pack` makes. Paths are relative to that folder. */
const packManifest = z.object({
  format: z.literal(1),
  version: z.string(),
  engines: z.array(
    z.object({
      id: z.enum(["3.5", "4"]),
      with: z.array(z.enum(additions)),
      /** The minor version of Python 3 that the packages are for. */
      pythonMinor: z.number().int(),
    }),
  ),
  /** All files of the archive but this one. */
  files: z.array(z.object({ path: z.string(), bytes: z.number().int(), sha256: z.string() })),
});

export type PackManifest = z.infer<typeof packManifest>;
export type PackedEngine = PackManifest["engines"][number];

/** An unpacked archive of `glaux pack`: engines are installed from its files, without a network. */
export interface Pack {
  folder: string;
  manifest: PackManifest;
}

/** Where an archive keeps what pip installs, and the jars that pyspark lacks. */
export const packPaths = { packages: "engines/packages", jars: "engines/jars" };

/**
 * The unpacked archive that this Glaux runs from; undefined if Glaux was installed otherwise. Throws
 * EngineError if the archive's list of files cannot be read.
 */
export async function readPack(folder = packFolder()): Promise<Pack | undefined> {
  if (folder === undefined) return undefined;
  const file = join(folder, "glaux-pack.json");
  try {
    return { folder, manifest: packManifest.parse(JSON.parse(await readFile(file, "utf8"))) };
  } catch (error) {
    throw damaged(
      file,
      error instanceof SyntaxError || error instanceof z.ZodError
        ? "is not a list of files that this version of Glaux can read"
        : String(error),
    );
  }
}

/**
 * The engine in the archive, if it is there with at least these additions. Otherwise undefined, and the
 * network is asked.
 */
export function findPacked(
  pack: Pack | undefined,
  id: EngineSpec["id"],
  wanted: readonly Addition[],
): PackedEngine | undefined {
  const engine = pack?.manifest.engines.find((packed) => packed.id === id);
  return engine && wanted.every((addition) => engine.with.includes(addition)) ? engine : undefined;
}

/**
 * Reads every file of the archive. Throws EngineError, which names the first file that is missing or differs.
 */
export async function verifyPack({ folder, manifest }: Pack, signal: AbortSignal): Promise<void> {
  for (const { path, bytes, sha256 } of manifest.files) {
    const file = join(folder, path);
    const found = await stat(file).catch(() => undefined);
    if (!found) throw damaged(file, "is missing");
    if (found.size !== bytes) throw damaged(file, `has ${String(found.size)} bytes instead of ${String(bytes)}`);
    if ((await fileDigest(file, signal)) !== sha256) throw damaged(file, "has another content than the packed one");
  }
}

const damaged = (file: string, how: string): EngineError =>
  new EngineError(
    `this copy of Glaux is damaged: ${file} ${how}`,
    "unpack the archive again, into an empty folder; if that does not help, copy the archive again, or make it again with `glaux pack`",
  );
