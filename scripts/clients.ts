// `npm run clients`: moves the clients whose properties the tests know (test/support/tools/clients.txt) to
// their newest releases. Prints the properties that the new releases send and the old ones did not.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { clientProperties } from "../test/clients/sent-properties.ts";
import { difference } from "../test/clients/difference.ts";
import { clientNames, clientsFile, installSources, propertiesIn } from "./test/clients.ts";
import { ensureToolsVenv } from "./test/tools-venv.ts";

await ensureToolsVenv();
const folder = mkdtempSync(join(tmpdir(), "glaux-clients-"));
try {
  const names = clientNames();
  await installSources(folder, names);
  const lines = names.map((name) => `${name}==${installedVersion(name)}`);
  const comments = readFileSync(clientsFile, "utf8").match(/^#.*\n/gm) ?? [];
  writeFileSync(clientsFile, `${comments.join("")}${lines.join("\n")}\n`);
  console.log(lines.join("\n"));
  const told = difference(await propertiesIn(folder), clientProperties);
  console.log(told.length > 0 ? `\n${told.join("\n")}` : "\nThey send what test/clients/sent-properties.ts has.");
} finally {
  rmSync(folder, { recursive: true });
}

function installedVersion(name: string): string {
  const beginning = `${name.replaceAll("-", "_")}-`.toLowerCase();
  const info = readdirSync(folder).find((entry) => entry.toLowerCase().startsWith(beginning));
  const version = /-(.+)\.dist-info$/.exec(info ?? "")?.[1];
  if (version === undefined) throw new Error(`pip installed no ${name}.`);
  return version;
}
