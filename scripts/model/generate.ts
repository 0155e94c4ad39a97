/**
 * Writes src/protocol/model.generated.ts from botocore's model of the Athena API.
 *
 *     node scripts/model/generate.ts <…/botocore/data/athena/2017-05-18/service-2.json[.gz]> [--check]
 *
 * botocore and not the SDK for JavaScript, because only botocore's model has lengths, ranges and patterns.
 * With --check nothing is written; the exit code says whether the file is what the model gives.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { renderModel, type ServiceModel } from "./render.ts";

const target = new URL("../../src/protocol/model.generated.ts", import.meta.url);
const args = process.argv.slice(2);
const source = args.find((arg) => !arg.startsWith("--"));

if (source === undefined) {
  console.error("usage: node scripts/model/generate.ts <path of service-2.json or service-2.json.gz> [--check]");
  process.exitCode = 2;
} else {
  const rendered = renderModel(readModel(source));
  if (!args.includes("--check")) writeFileSync(target, rendered);
  else if (readFileSync(target, "utf8") !== rendered) {
    console.error(`model.generated.ts is stale. Fix: node scripts/model/generate.ts ${source}`);
    process.exitCode = 1;
  }
}

function readModel(path: string): ServiceModel {
  const bytes = readFileSync(path);
  return JSON.parse((path.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8")) as ServiceModel;
}
