import { z } from "zod";
import { readConfig } from "../config/config.ts";
import { glauxCommand } from "./command-line.ts";
import { CliError } from "./failure.ts";
import { readServicePage } from "./service-page.ts";

type Env = Readonly<Record<string, string | undefined>>;

const report = z.object({
  id: z.string(),
  workGroup: z.string(),
  description: z.string().nullable(),
  engineVersion: z.string(),
  state: z.string(),
  stateReason: z.string().nullable(),
  createdAt: z.number(),
  endedAt: z.number().nullable(),
  idleSinceAt: z.number().nullable(),
  calculation: z.object({ id: z.string(), state: z.string(), progress: z.number() }).nullable(),
  origin: z.object({ from: z.enum(["pool", "cold"]), why: z.string().nullable() }).nullable(),
  driver: z
    .object({
      id: z.string(),
      state: z.string(),
      pid: z.number().nullable(),
      folder: z.string(),
      logs: z.string().array(),
    })
    .nullable(),
});
const driverProcess = z.object({ pid: z.number(), command: z.string(), memoryBytes: z.number().nullable() });
const query = z.object({
  id: z.string(),
  name: z.string().nullable(),
  sinceAt: z.number(),
  calculationId: z.string().nullable(),
});
const wholeReport = report.extend({
  processes: driverProcess.array(),
  queries: query.array().nullable().default(null),
});

/** `glaux sessions` */
export async function listSessions(env: Env): Promise<number> {
  const { sessions } = z
    .object({ sessions: report.array() })
    .parse(await readServicePage(readConfig(env), env, "/-/sessions"));
  if (sessions.length === 0) return say(["No session is active."]);
  return say(
    sessions.map(({ id, state, workGroup, description, createdAt, calculation }) =>
      [
        id,
        state.padEnd(11),
        time(createdAt),
        workGroup,
        calculation && `${String(calculation.progress)} %`,
        description,
      ]
        .filter((part) => part !== null)
        .join("  "),
    ),
  );
}

/** `glaux sessions show` */
export async function showSession(env: Env, id: string): Promise<number> {
  const found = await readServicePage(readConfig(env), env, `/-/sessions/${encodeURIComponent(id)}`);
  if (found === undefined) throw new CliError(`there is no session ${id}\n  → ${glauxCommand(env, "sessions")}`);
  const session = wholeReport.parse(found);
  const { driver, calculation, processes } = session;
  const lines: [string, string | null | undefined][] = [
    ["Session", session.id],
    ["State", session.state],
    ["Reason", session.stateReason],
    ["Description", session.description],
    ["Workgroup", session.workGroup],
    ["Engine", session.engineVersion],
    ["Started", time(session.createdAt)],
    ["Driver", session.origin && renderOrigin(session.origin)],
    ["Idle since", session.idleSinceAt === null ? null : time(session.idleSinceAt)],
    ["Ended", session.endedAt === null ? null : time(session.endedAt)],
    ["Calculation", calculation && `${calculation.id}  ${calculation.state}  ${String(calculation.progress)} %`],
    ["Streaming", renderQueries(session.queries)],
    ["Folder", driver?.folder],
    ["Logs", driver?.logs.join("\n             ")],
    ["Memory", processes.length > 0 ? megabytes(total(processes)) : null],
  ];
  const shown = lines.filter(([, value]) => value !== null && value !== undefined);
  return say([
    ...shown.map(([name, value]) => `${name.padEnd(11)}  ${value ?? ""}`),
    ...processes.map(
      ({ pid, command, memoryBytes }) =>
        `  ${String(pid).padStart(8)}  ${(memoryBytes === null ? "?" : megabytes(memoryBytes)).padStart(9)}  ${shortened(command)}`,
    ),
  ]);
}

type Query = z.infer<typeof query>;

/** One streaming query a line. Null if there are none, or if the service does not know. */
export function renderQueries(queries: readonly Query[] | null): string | null {
  if (queries === null || queries.length === 0) return null;
  return queries
    .map(({ id, name, sinceAt, calculationId }) =>
      [name ?? id, `since ${time(sinceAt)}`, calculationId && `of calculation ${calculationId}`, name && `(${id})`]
        .filter((part) => part !== null)
        .join("  "),
    )
    .join("\n             ");
}

export function renderOrigin({ from, why }: { from: "pool" | "cold"; why: string | null }): string {
  const how = from === "pool" ? "from the warm pool" : "booted for the session";
  return why === null ? how : `${how}: ${why}`;
}

/** A program is known by its name. Its folder would take the room of its arguments. */
const shortened = (command: string) => command.replace(/^\S*\//, "").slice(0, 80);
const total = (processes: { memoryBytes: number | null }[]) =>
  processes.reduce((sum, { memoryBytes }) => sum + (memoryBytes ?? 0), 0);
const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(0)} MB`;
const time = (at: number) => new Date(at).toISOString().replace("T", " ").slice(0, 19);

function say(lines: readonly string[]): number {
  process.stdout.write(`${lines.join("\n")}\n`);
  return 0;
}
