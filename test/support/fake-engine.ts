// An engines folder whose one engine has no Spark: its Python starts the fake supervisor. The server that uses it is the real one, and as quick as it is itself.
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { engineSpecs } from "../../src/engines/specs.ts";
import { testNode } from "./server.ts";

const fakeSupervisor = fileURLToPath(new URL("../fixtures/drivers/fake-supervisor.mjs", import.meta.url));

/** Makes the folder, to be named by GLAUX_ENGINES. Calculations of its sessions are those of test/fixtures/drivers/fake-supervisor.mjs. */
export function makeFakeEngines(folder: string): void {
  const engine = join(folder, "3.5");
  const write = (path: string, content: string) => {
    mkdirSync(dirname(join(engine, path)), { recursive: true });
    writeFileSync(join(engine, path), content);
  };
  for (const jars of ["fake/jars", "fake/spark/jars"]) mkdirSync(join(engine, jars), { recursive: true });
  write("fake/java/bin/java", "");
  write("fake/java/lib/server/libjvm.so", "");
  write("fake/venv/bin/python", `#!/bin/sh\nexec '${testNode}' '${fakeSupervisor}' "$3"\n`);
  chmodSync(join(engine, "fake/venv/bin/python"), 0o755);
  const manifest = {
    format: 1,
    id: "3.5",
    build: "fake",
    with: [],
    javaHome: "fake/java",
    sparkHome: "fake/spark",
    jars: [],
    versions: { spark: engineSpecs["3.5"].sparkVersion, python: "3.11.0", java: "17.0.0" },
    locks: "",
  };
  write("engine.json", JSON.stringify(manifest));
}
