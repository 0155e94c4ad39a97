// An engines folder with one engine that has no Spark: its Python starts the fake supervisor. The server that
// uses the engine is the real one, and has no Spark to wait for.
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { trainingVersion } from "../../src/engines/archive.ts";
import { lockDigest } from "../../src/engines/builds.ts";
import { readLayout } from "../../src/engines/layout.ts";
import type { Manifest } from "../../src/engines/manifest.ts";
import { ownJarPath } from "../../src/engines/own-jar.ts";
import { type EngineSpec, engineSpecs } from "../../src/engines/specs.ts";
import { testNode } from "./server.ts";

const fakeSupervisor = fileURLToPath(new URL("../fixtures/drivers/fake-supervisor.mjs", import.meta.url));

/** The digests of an engine that this version has installed, so that no server installs it again. */
const locks = { "3.5": await lockDigest("3.5", []), "4": await lockDigest("4", []) };

/**
 * Makes an engines folder, for GLAUX_ENGINES. Sessions on it run the calculations of
 * test/fixtures/drivers/fake-supervisor.mjs.
 */
export function makeFakeEngines(folder: string, id: EngineSpec["id"] = "3.5"): void {
  const engine = join(folder, id);
  const write = (path: string, content: string) => {
    mkdirSync(dirname(join(engine, path)), { recursive: true });
    writeFileSync(join(engine, path), content);
  };
  for (const jars of ["fake/jars", "fake/spark/jars"]) mkdirSync(join(engine, jars), { recursive: true });
  mkdirSync(join(engine, "fake/glaux"));
  writeFileSync(ownJarPath(join(engine, "fake"), id), "");
  write("fake/java/bin/java", "");
  write("fake/java/lib/server/libjvm.so", "");
  write("fake/venv/bin/python", `#!/bin/sh\nexec '${testNode}' '${fakeSupervisor}' "$3"\n`);
  chmodSync(join(engine, "fake/venv/bin/python"), 0o755);
  const manifest: Manifest = {
    format: 1,
    id,
    build: "fake",
    with: [],
    javaHome: "fake/java",
    sparkHome: "fake/spark",
    jars: [],
    versions: { spark: engineSpecs[id].sparkVersion, python: "3.11.0", java: "17.0.0" },
    locks: locks[id],
  };
  // The manifest says that no archive can be made, so that no server tries to make one.
  const key = readLayout(engine, manifest)?.archiveKey ?? "";
  const archiveRefused = { key, training: trainingVersion(), reason: "There is no Spark in it." };
  write("engine.json", JSON.stringify({ ...manifest, archiveRefused }));
}
