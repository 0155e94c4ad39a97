// An engines folder whose one engine has no Spark: its Python starts the fake supervisor. The server that uses it is the real one, and as quick as it is itself.
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { trainingVersion } from "../../src/engines/archive.ts";
import { lockDigest } from "../../src/engines/builds.ts";
import { readLayout } from "../../src/engines/layout.ts";
import type { Manifest } from "../../src/engines/manifest.ts";
import { ownJarPath } from "../../src/engines/own-jar.ts";
import { engineSpecs } from "../../src/engines/specs.ts";
import { testNode } from "./server.ts";

const fakeSupervisor = fileURLToPath(new URL("../fixtures/drivers/fake-supervisor.mjs", import.meta.url));

/** As installed by this version, so that no server installs it anew. */
const locks = await lockDigest("3.5", []);

/** Makes the folder, to be named by GLAUX_ENGINES. Calculations of its sessions are those of test/fixtures/drivers/fake-supervisor.mjs. */
export function makeFakeEngines(folder: string): void {
  const engine = join(folder, "3.5");
  const write = (path: string, content: string) => {
    mkdirSync(dirname(join(engine, path)), { recursive: true });
    writeFileSync(join(engine, path), content);
  };
  for (const jars of ["fake/jars", "fake/spark/jars"]) mkdirSync(join(engine, jars), { recursive: true });
  mkdirSync(join(engine, "fake/glaux"));
  writeFileSync(ownJarPath(join(engine, "fake"), "3.5"), "");
  write("fake/java/bin/java", "");
  write("fake/java/lib/server/libjvm.so", "");
  write("fake/venv/bin/python", `#!/bin/sh\nexec '${testNode}' '${fakeSupervisor}' "$3"\n`);
  chmodSync(join(engine, "fake/venv/bin/python"), 0o755);
  const manifest: Manifest = {
    format: 1,
    id: "3.5",
    build: "fake",
    with: [],
    javaHome: "fake/java",
    sparkHome: "fake/spark",
    jars: [],
    versions: { spark: engineSpecs["3.5"].sparkVersion, python: "3.11.0", java: "17.0.0" },
    locks,
  };
  // No server shall try to make an archive of it.
  const key = readLayout(engine, manifest)?.archiveKey ?? "";
  const archiveRefused = { key, training: trainingVersion(), reason: "There is no Spark in it." };
  write("engine.json", JSON.stringify({ ...manifest, archiveRefused }));
}
