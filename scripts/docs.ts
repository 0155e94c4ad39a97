// Renders the pages of docs/ that are made from the code's own tables. With --check nothing is written, and
// the script fails if a page differs from what the tables say.
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
    printWidth: 110,
    proseWrap: "always",
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

Settings are environment variables. The service reads them once, when it starts. If a value cannot be used, the service does not start, and its error names the setting.

${table(["Setting", "Default", "Meaning"], rows)}

## Spark properties of a session

The table says what becomes of a property that a client sets by \`SparkProperties\` or the classification \`spark-defaults\`. The first row whose patterns match the property's key and value decides.

${table(["Keys", "Values", "Class", "Why"], rules)}

- **runtime**: can be set while Spark runs, so a session with such a property can be ready at once.
- **contextStatic**: Spark reads the property when a Spark context starts. A warm JVM gets a fresh context, which takes some tenths of a second.
- **launch**: the property is fixed when a JVM starts, so the session starts a JVM of its own.
- **withoutEffect**: the property is accepted, kept with the session and shown by GetSession. It never reaches Spark, for the reason in the table.
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

The table says what becomes of a session whose driver is lost (\`src/domain/driver-loss.ts\`); – means that nothing changes. A claim is pending while a driver of the warm pool belongs to a session and does not serve it yet.

${losses()}

If the session becomes FAILED, its calculation becomes FAILED too, or CANCELED if the calculation was being stopped. If the session becomes TERMINATED, its calculation becomes CANCELED.
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

\`GET /-/metrics\` on the service's own port answers all metrics in [Prometheus's text format](https://prometheus.io/docs/instrumenting/exposition_formats/). A scrape configuration:

\`\`\`yaml
scrape_configs:
  - job_name: glaux
    metrics_path: /-/metrics
    static_configs: [{ targets: ["127.0.0.1:8765"] }]
\`\`\`

The page needs no signature, as \`/-/health\` and \`/-/ready\` need none, because Prometheus cannot sign requests as AWS's clients do. The page holds numbers only: no ids, no names that users chose, no code. Everybody who can reach the port can read the metrics. The port is on loopback unless \`GLAUX_LISTEN\` says otherwise.

All counters begin at 0 when the server's process starts, also when the server takes over sessions of an earlier server. The number of series is bounded: the labels for operations and error types are those of the API, and all other names in requests share one label. There is no counter beside a histogram, because the histogram's \`_count\` is that counter.

${table(["Metric", "Type", "Labels", "Meaning"], rows)}
`;
}

function operationsPage(): string {
  const refused = new Set<OperationName>(unsupportedOperations);
  // The handlers are not called here, so they need no services.
  const served = operationNames.filter((name) => name in operations({} as never) && !refused.has(name));
  const rows = [...served, ...refused].map((name) => operationRow(name, refused.has(name)));
  return `# Operations

Glaux serves ${String(served.length)} of the API's ${String(operationNames.length)} operations. ${String(Object.keys(notEnabledOperations).length)} of these check their request and then answer that their feature is not enabled.

The other operations belong to Athena's SQL engine, its catalogues, its capacity or its system tables, which Glaux does not have. They check their request too, and then answer InvalidRequestException with the operation's name.

Every operation may answer InvalidRequestException and InternalServerException. The table lists the other errors that the API declares for an operation. Before the operation is looked at, the front end may answer ${frontEndErrors.map(code).join(", ")}.

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
