import { createHash } from "node:crypto";
import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import type { EngineId } from "../domain/engine-version.ts";
import { isWhole } from "./layout.ts";
import { readManifest } from "./manifest.ts";
import type { Addition } from "./progress.ts";
import type { BasePython } from "./python.ts";
import { type EngineSpec, engineSpecs, fetchedJars } from "./specs.ts";

/** True if the installed engine has exactly these additions, and was made from this version's lock files. */
export async function isCurrent(folder: string, additions: readonly Addition[]): Promise<boolean> {
  const manifest = await readManifest(folder);
  return manifest?.with.length === additions.length && manifest.locks === (await lockDigest(manifest.id, additions));
}

/**
 * The same inputs give the same name, so the next install finds and continues an interrupted build of its own
 * inputs.
 */
export async function buildName(spec: EngineSpec, base: BasePython, additions: readonly Addition[]): Promise<string> {
  const inputs = [base.path, base.version, await lockDigest(spec.id, additions)].join("\n");
  const digest = createHash("sha256").update(inputs).digest("hex").slice(0, 8);
  return [spec.sparkVersion, ...additions, digest].join("-");
}

/**
 * Removes the builds that nobody needs any more. Running sessions may still use the current build, so it
 * stays until the install after this one. If the current build is the one to be made, it stays too while it
 * is whole: when only a Java of the machine is gone, its sessions run on and nothing in it has to be made
 * again.
 */
export async function removeOldBuilds(folder: string, name: string): Promise<void> {
  const manifest = await readManifest(folder);
  let current = manifest?.build;
  if (manifest && current === name && !isWhole(folder, manifest)) {
    // The build was complete and is damaged now. Without its engine.json, nobody takes it for an engine
    // meanwhile.
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
  // The Spark Connect jar is left out: it has always belonged to this version of Spark, which is compared by
  // itself.
  for (const { sha256 } of fetchedJars({ ...engineSpecs[id], connectJar: undefined }, additions)) hash.update(sha256);
  return hash.digest("hex");
}

/** The lock file with all packages of an engine. Table formats are jars, so they have no lock file. */
export const packagesLock = (id: EngineId, additions: readonly Addition[]): string =>
  additions.includes("athena") ? `${id}-athena.txt` : `${id}.txt`;
