import { createHash } from "node:crypto";
import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import type { EngineId } from "../domain/engine-version.ts";
import { isWhole } from "./layout.ts";
import { readManifest } from "./manifest.ts";
import type { Addition } from "./progress.ts";
import type { BasePython } from "./python.ts";
import { type EngineSpec, engineSpecs, fetchedJars } from "./specs.ts";

/** True if the installed engine has these additions, and all of it from the lock files of this version of Glaux. */
export async function isCurrent(folder: string, additions: readonly Addition[]): Promise<boolean> {
  const manifest = await readManifest(folder);
  return manifest?.with.length === additions.length && manifest.locks === (await lockDigest(manifest.id, additions));
}

/** The same inputs give the same name, so an interrupted build is found again, and no other is mistaken for it. */
export async function buildName(spec: EngineSpec, base: BasePython, additions: readonly Addition[]): Promise<string> {
  const inputs = [base.path, base.version, await lockDigest(spec.id, additions)].join("\n");
  const digest = createHash("sha256").update(inputs).digest("hex").slice(0, 8);
  return [spec.sparkVersion, ...additions, digest].join("-");
}

/**
 * Running sessions may still use the build before this one, so that stays until the next install; and so does this one if only a Java of
 * the machine is gone from under it, as its sessions run on and nothing in it has to be made again.
 */
export async function removeOldBuilds(folder: string, name: string): Promise<void> {
  const manifest = await readManifest(folder);
  let current = manifest?.build;
  if (manifest && current === name && !isWhole(folder, manifest)) {
    // It was complete and is damaged now. Nobody may take it for an engine while it is made again.
    await rm(join(folder, "engine.json"));
    await rm(join(folder, name), { recursive: true, force: true });
    current = undefined;
  }
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (!entry.isDirectory() || entry.name === name || entry.name === current) continue;
    await rm(join(folder, entry.name), { recursive: true, force: true });
  }
}

export async function lockDigest(id: EngineId, additions: readonly Addition[]): Promise<string> {
  const hash = createHash("sha256");
  for (const lock of ["bootstrap.txt", packagesLock(id, additions)]) {
    hash.update(await readFile(new URL(`requirements/${lock}`, import.meta.url)));
  }
  // Those of the default engine have been in the version of Spark from the beginning.
  for (const { sha256 } of fetchedJars({ ...engineSpecs[id], connectJar: undefined }, additions)) hash.update(sha256);
  return hash.digest("hex");
}

/** The lock file with all packages of an engine. Table formats are jars, and have none. */
export const packagesLock = (id: EngineId, additions: readonly Addition[]): string =>
  additions.includes("athena") ? `${id}-athena.txt` : `${id}.txt`;
