import { relative } from "node:path";
import type { Holdings } from "./holdings.ts";
import type { Size } from "./measure.ts";

/** A text for the user about what is removed and what stays. */
export function renderHoldings(holdings: Holdings): string {
  const { folder, isInterrupted } = holdings;
  return [
    ...(isInterrupted ? ["An earlier reset was interrupted; this one goes on with it."] : []),
    `\`glaux reset\` removes from ${folder}:`,
    ...rows(removed(holdings)),
    "It keeps:",
    ...rows(kept(holdings)),
  ].join("\n");
}

type Row = [name: string, lines: string[]];

function removed({ folder, databases, store, buckets, drivers, keys, logs, links }: Holdings): Row[] {
  const short = (path: string) => relative(folder, path);
  return [
    ["Buckets", buckets.map(({ name, size }) => `${name}: ${renderSize(size)}`)],
    ["Database", databases.length === 0 ? [] : [store ? renderStore(store) : "which cannot be read"]],
    [
      "Drivers",
      drivers.count === 0 ? [] : [`${count(drivers.count, "folder")} with logs: ${renderSize(drivers.size)}`],
    ],
    ["Keys", keys.length === 0 ? [] : [`${keys.map(short).join(", ")} (the AWS profile that \`glaux env\` names)`]],
    ["Log", logs.length === 0 ? [] : [logs.map(short).join(", ")]],
    ["Links", links.map(({ path, target }) => `${short(path)}; what it leads to stays: ${target}`)],
  ];
}

function kept({ folder, engines, others, logElsewhere }: Holdings): Row[] {
  return [
    ["Engines", engines.length > 0 ? engines : ["none is installed"]],
    ["Log", logElsewhere === undefined ? [] : [`${logElsewhere}, which lies outside`]],
    ["Others", others.map((path) => `${relative(folder, path)}, which is not Glaux's`)],
  ];
}

const rows = (all: Row[]) => [
  "",
  ...all.flatMap(([name, lines]) => lines.map((line, i) => `  ${(i === 0 ? name : "").padEnd(8)}  ${line}`)),
  "",
];

function renderStore({ sessions, calculations, notebooks, workGroups }: NonNullable<Holdings["store"]>): string {
  return [
    `${count(sessions, "session")} with ${count(calculations, "calculation")}`,
    count(notebooks, "notebook"),
    count(workGroups, "workgroup"),
  ].join(", ");
}

function renderSize({ files, bytes, isWhole }: Size): string {
  return `${isWhole ? "" : "more than "}${count(files, "file")}, ${renderBytes(bytes)}`;
}

const count = (n: number, what: string) => `${n.toLocaleString("en-US")} ${what}${n === 1 ? "" : "s"}`;

export function renderBytes(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  const step = Math.min(Math.floor(Math.log10(Math.max(bytes, 1)) / 3), units.length - 1);
  const value = bytes / 1000 ** step;
  return `${value.toFixed(step === 0 || value >= 100 ? 0 : 1)} ${units[step] ?? ""}`;
}
