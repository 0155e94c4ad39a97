/**
 * Writes the files that are made from botocore's model of the Athena API, which comes with the test tools.
 *
 *     npm run model
 *     npm run model -- --check
 *
 * botocore and not the SDK for JavaScript, because only botocore's model has lengths, ranges and patterns.
 * With --check nothing is written; the exit code says whether the files are what the model gives.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { toolsFolder } from "../../test/support/tools/tools.ts";
import { root } from "../run-tool.ts";
import { ensureToolsVenv } from "../test/tools-venv.ts";
import { renderModel } from "./render-model.ts";
import { renderShapes } from "./render-shapes.ts";
import type { ServiceModel } from "./service-model.ts";

await ensureToolsVenv();
const model = readModel();
const files = {
  "src/protocol/model.generated.ts": renderModel(model),
  "src/api/shapes.generated.ts": renderShapes(model),
};

const isCheck = process.argv.includes("--check");
for (const [path, rendered] of Object.entries(files)) {
  const file = join(root, path);
  if (!isCheck) writeFileSync(file, rendered);
  else if (readFileSync(file, "utf8") !== rendered) {
    console.error(`${path} is stale. Fix: npm run model`);
    process.exitCode = 1;
  }
}

function readModel(): ServiceModel {
  const packages = join(toolsFolder, "lib");
  const python = readdirSync(packages).find((name) => name.startsWith("python3")) ?? "";
  const path = join(packages, python, "site-packages/botocore/data/athena/2017-05-18/service-2.json.gz");
  return JSON.parse(gunzipSync(readFileSync(path)).toString("utf8")) as ServiceModel;
}
