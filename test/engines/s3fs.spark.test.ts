// s3:// in the engine's pandas, outside of a session: through s3fs, from this server's S3, with the server's
// keys.
import { spawnSync } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { enginesFolder } from "../../scripts/test/environment.ts";
import { type EngineId, engineIds } from "../../src/domain/engine-version.ts";
import { findEngine } from "../../src/engines/engines.ts";
import { startServer } from "../support/server.ts";

const read = `
import sys
import pandas as pd

assert not [name for name in sys.modules if name.split(".")[0] in ("s3fs", "fsspec", "aiobotocore", "botocore")]
options = {"endpoint_url": sys.argv[1]}
print(pd.read_csv("s3://glaux-000000000000/s3fs/owls.csv", storage_options=options).to_csv(index=False), end="")
`;

test.each(engineIds)("of engine %s", async (id: EngineId) => {
  const engine = await findEngine(enginesFolder, id, { rebuild: false });
  if (!engine) {
    expect(id).toBe("4"); // its Python may be missing here
    return;
  }
  await using server = await startServer();
  const text = "name,weight\nbarn owl,0.47\nSchnee-Eule 🦉,2.1\n";
  const file = join(server.home, "buckets/glaux-000000000000/s3fs/owls.csv");
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
  const { stdout, stderr } = spawnSync(engine.python, ["-I", "-c", read, server.endpoint], {
    env: server.env,
    encoding: "utf8",
  });
  expect({ stdout, stderr }).toEqual({ stdout: text, stderr: "" });
});
