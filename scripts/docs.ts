// Renders the pages of docs/ that are made from the code's own tables. With --check nothing is written: it fails if a page is not what the tables say.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { format } from "prettier";
import { settingKeys } from "../src/config/keys.ts";
import { calculationTransitions } from "../src/domain/calculation-state.ts";
import { sessionTransitions } from "../src/domain/session-state.ts";
import { confRules } from "../src/domain/spark-conf.ts";
import { packageRoot } from "../src/lib/package-root.ts";
import { notEnabledOperations } from "../src/api/not-enabled.ts";
import { unsupportedOperations } from "../src/api/unsupported.ts";
import { operations } from "../src/api/operations.ts";

const pages: Record<string, string> = {
  "docs/settings.md": settings(),
  "docs/states.md": states(),
  "docs/operations.md": operationsPage(),
};

const isCheck = process.argv.includes("--check");
for (const [path, text] of Object.entries(pages)) {
  const file = join(packageRoot(), path);
  const rendered = await format(`<!-- Rendered by \`npm run docs\`; do not edit. -->\n\n${text}`, {
    parser: "markdown",
    printWidth: 120,
  });
  if (!isCheck) writeFileSync(file, rendered);
  else if (read(file) !== rendered) {
    console.error(`${path} is not what the tables say. Fix: npm run docs`);
    process.exitCode = 1;
  }
}

function settings(): string {
  const rows = Object.values(settingKeys).map((key) => [
    code(key.env),
    "shownDefault" in key ? key.shownDefault : code(key.default),
    key.doc,
  ]);
  const rules = confRules.map((rule) => [code(rule.pattern.source), rule.class, rule.why]);
  return `# Settings

All are environment variables, read once when the service starts. A value that cannot be used is refused with its name.

${table(["Setting", "Default", "Meaning"], rows)}

## Spark properties of a session

What \`SparkProperties\` and the classification \`spark-defaults\` may set; the first pattern that matches a key decides.

${table(["Keys", "Class", "Why"], rules)}

- **session**: takes effect at once.
- **launch**: fixed when the session's Spark starts.
- **noEffect**: accepted and echoed, changes nothing on a local driver.
- **refused**: the session fails, and its StateChangeReason names the key.
- **ignored**: accepted and echoed, never reaches Spark.
`;
}

function states(): string {
  return `# States

## Sessions

${transitions(sessionTransitions)}

CREATED is in the API's model and is never shown.

## Calculations

${transitions(calculationTransitions)}

A calculation is RUNNING from the start, because only an IDLE session accepts one; CREATING, CREATED and QUEUED are never shown.
`;
}

function operationsPage(): string {
  const unsupported = new Set<string>(unsupportedOperations);
  // The handlers are not called here, so what they stand on is not needed.
  const served = Object.keys(operations({} as never)).filter((name) => !unsupported.has(name));
  const notEnabled = Object.entries(notEnabledOperations);
  return `# Operations

Of the API's ${String(served.length + unsupported.size)} operations, ${String(served.length)} are served. The others answer InvalidRequestException with their name.

## Served

${served.sort().map(bullet).join("\n")}

## Not enabled

Served in part: these check their request as all others do, and then answer InvalidRequestException.

${table(
  ["Operation", "Why"],
  notEnabled.map(([name, why]) => [name, why]),
)}

## Never

Athena's SQL engine, its catalogues, capacity and system tables are not what Glaux is for:

${unsupportedOperations.map(bullet).join("\n")}
`;
}

function transitions(rows: Record<string, readonly string[]>): string {
  return table(
    ["From", "To"],
    Object.entries(rows).map(([from, to]) => [from, to.join(", ") || "–"]),
  );
}

function table(head: string[], rows: string[][]): string {
  const line = (cells: string[]) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

function bullet(text: string): string {
  return `- ${text}`;
}

function code(text: string): string {
  return `\`${text}\``;
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
