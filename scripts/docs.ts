// Renders the pages of docs/ that are made from the code's own tables. With --check nothing is written: it fails if a page is not what the tables say.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { format } from "prettier";
import { settingKeys } from "../src/config/keys.ts";
import { metricTable } from "../src/telemetry/metric-table.ts";
import { calculationTransitions } from "../src/domain/calculation-state.ts";
import { judgeLoss, type DriverFate } from "../src/domain/driver-loss.ts";
import { sessionTransitions } from "../src/domain/session-state.ts";
import { confRules } from "../src/domain/conf-rules.ts";
import { packageRoot } from "../src/lib/package-root.ts";
import { notEnabledOperations } from "../src/api/not-enabled.ts";
import { unsupportedOperations } from "../src/api/shapes.generated.ts";
import { operationGaps } from "../src/api/operation-gaps.ts";
import { operations } from "../src/api/operations.ts";
import { findOperation, operationNames, type OperationName } from "../src/protocol/model.ts";

const everyOperations = ["InternalServerException", "InvalidRequestException"];
const frontEndErrors = [
  "UnknownOperationException",
  "MissingAuthenticationTokenException",
  "IncompleteSignatureException",
  "InvalidSignatureException",
  "UnrecognizedClientException",
  "ExpiredTokenException",
  "ThrottlingException",
  "SerializationException",
  "RequestEntityTooLargeException",
];

const pages: Record<string, string> = {
  "docs/settings.md": settings(),
  "docs/states.md": states(),
  "docs/operations.md": operationsPage(),
  "docs/metrics.md": metrics(),
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
  const rules = confRules.map((rule) => [
    code(rule.pattern.source),
    rule.value ? code(rule.value.source) : "all",
    rule.class,
    rule.why,
  ]);
  return `# Settings

All are environment variables, read once when the service starts. A value that cannot be used is refused with its name.

${table(["Setting", "Default", "Meaning"], rows)}

## Spark properties of a session

What \`SparkProperties\` and the classification \`spark-defaults\` may set; the first line whose patterns match the key and the value decides.

${table(["Keys", "Values", "Class", "Why"], rules)}

- **runtime**: set on a Spark that already runs, so a session with it can be ready at once.
- **contextStatic**: read when a Spark context starts; a warm JVM gets a fresh context, which takes some tenths of a second.
- **launch**: fixed with the JVM; such a session starts one of its own.
- **withoutEffect**: accepted, kept with the session and shown by GetSession; it never reaches Spark, for the reason in the table.
- **refused**: the session fails, and its StateChangeReason names the key.
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

## When a driver is lost

What its session becomes (\`src/domain/driver-loss.ts\`); – means that nothing changes. A claim is pending while a driver of the warm pool has been given to a session and does not serve it yet.

${losses()}

With a session that becomes FAILED its calculation is FAILED, or CANCELED if it was being stopped; with one that becomes TERMINATED it is CANCELED.
`;
}

function losses(): string {
  const fates: [string, DriverFate][] = [
    ["not ready, or not claimed, in time", { is: "late", withinMs: 0, lastLines: "" }],
    ["says that it ends", { is: "ending", why: "" }],
    ["gone", { is: "gone", why: "" }],
    ["could not be started", { is: "unstarted", why: "" }],
    ["unknown to the server", { is: "unknown" }],
  ];
  const words = { ignore: "–", replace: "gets another driver", fail: "FAILED", end: "TERMINATED" };
  const states = Object.keys(sessionTransitions) as (keyof typeof sessionTransitions)[];
  const rows = states
    .filter((state) => state !== "CREATED")
    .flatMap((session) => (session === "CREATING" ? [true, false] : [false]).map((claim) => ({ session, claim })))
    .map(({ session, claim }) => [
      claim ? `${session}, its claim pending` : session,
      ...fates.map(([, driver]) => words[judgeLoss({ session, isClaimPending: claim, driver }).do]),
    ]);
  return table(["Session", ...fates.map(([title]) => title)], rows);
}

function metrics(): string {
  const rows = Object.entries(metricTable).map(([name, { kind, labels, doc }]) => [
    code(name),
    kind === "observedCounter" ? "counter" : kind,
    Object.entries(labels)
      .map(([label, meaning]) => `${code(label)}: ${meaning}`)
      .join("<br>"),
    doc,
  ]);
  return `# Metrics

\`GET /-/metrics\` on the service's own port, in [Prometheus's text format](https://prometheus.io/docs/instrumenting/exposition_formats/):

\`\`\`yaml
scrape_configs:
  - job_name: glaux
    metrics_path: /-/metrics
    static_configs: [{ targets: ["127.0.0.1:8765"] }]
\`\`\`

Like \`/-/health\` and \`/-/ready\` it needs no signature, because Prometheus cannot sign for Athena. It tells numbers only: no id, no name that a user chose, no code. Who may reach
the port may read them; the port is on loopback unless \`GLAUX_LISTEN\` says otherwise.

All counters begin at 0 with the server's process, also when it takes over the sessions of an earlier one. The number of series is bounded: operations and error types are those of
the API, and whatever else a request names is one label. The \`_count\` of a histogram is how many there were, so there is no counter beside it.

${table(["Metric", "Type", "Labels", "Meaning"], rows)}
`;
}

function operationsPage(): string {
  const refused = new Set<OperationName>(unsupportedOperations);
  // The handlers are not called here, so what they stand on is not needed.
  const served = operationNames.filter((name) => name in operations({} as never) && !refused.has(name));
  const rows = [...served, ...refused].map((name) => operationRow(name, refused.has(name)));
  return `# Operations

Of the API's ${String(operationNames.length)} operations, ${String(served.length)} are served; of these, ${String(Object.keys(notEnabledOperations).length)} check their request as all others do and then answer that their feature is not enabled.
The others belong to Athena's SQL engine, its catalogues, capacity and system tables, which is not what Glaux is for: they check their request, too, and answer InvalidRequestException with their name.

Every operation may answer InvalidRequestException and InternalServerException; the table has what else it declares. Before an operation is looked at, the front end may answer
${frontEndErrors.map(code).join(", ")}.

${table(["Operation", "Status", "Errors", "What is missing, and why"], rows)}
`;
}

function operationRow(name: OperationName, isRefused: boolean): string[] {
  if (isRefused) return [name, "refused", "", "Athena's SQL"];
  const errors = (findOperation(name)?.errors ?? []).filter((error) => !everyOperations.includes(error));
  const reason = (notEnabledOperations as Partial<Record<OperationName, string>>)[name];
  const gap = reason ?? (operationGaps as Partial<Record<OperationName, string>>)[name] ?? "";
  return [name, reason === undefined ? "served" : "not enabled", errors.join(", "), gap];
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
