import { z } from "zod";
import { readConfig } from "../config/config.ts";
import { glauxCommand } from "./command-line.ts";
import { CliError } from "./failure.ts";
import { readProfile } from "./profile.ts";
import { findService } from "./run/find-service.ts";
import { signedFetch } from "./run/signed-fetch.ts";

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
const wholeReport = report.extend({ processes: driverProcess.array() });

/** `glaux sessions` */
export async function listSessions(env: Env): Promise<number> {
  const { sessions } = z.object({ sessions: report.array() }).parse(await ask(env, "/-/sessions"));
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
  const found = await ask(env, `/-/sessions/${encodeURIComponent(id)}`);
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
    ["Idle since", session.idleSinceAt === null ? null : time(session.idleSinceAt)],
    ["Ended", session.endedAt === null ? null : time(session.endedAt)],
    ["Calculation", calculation && `${calculation.id}  ${calculation.state}  ${String(calculation.progress)} %`],
    ["Folder", driver?.folder],
    ["Logs", driver?.logs.join("\n             ")],
    ["Memory", processes.length > 0 ? megabytes(total(processes)) : null],
  ];
  const shown = lines.filter(([, value]) => value !== null && value !== undefined);
  return say([
    ...shown.map(([name, value]) => `${name.padEnd(11)}  ${value ?? ""}`),
    ...processes.map(
      ({ pid, command, memoryBytes }) =>
        `  ${String(pid).padStart(8)}  ${(memoryBytes === null ? "?" : megabytes(memoryBytes)).padStart(9)}  ${command.slice(0, 80)}`,
    ),
  ]);
}

/** Undefined where the service has no such thing. */
async function ask(env: Env, path: string): Promise<unknown> {
  const config = readConfig(env);
  const endpoint = await findService(config);
  if (endpoint === undefined)
    throw new CliError(`no Glaux service runs on ${config.home}\n  → ${glauxCommand(env, "serve")}`);
  const { region, credentials } = await readProfile(config, env);
  const response = await signedFetch({ endpoint, region, credentials })("athena", path);
  if (response.status === 404) return undefined;
  if (!response.ok) throw new CliError(`the service answered ${String(response.status)}: ${await response.text()}`);
  return response.json();
}

const total = (processes: { memoryBytes: number | null }[]) =>
  processes.reduce((sum, { memoryBytes }) => sum + (memoryBytes ?? 0), 0);
const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(0)} MB`;
const time = (at: number) => new Date(at).toISOString().replace("T", " ").slice(0, 19);

function say(lines: readonly string[]): number {
  process.stdout.write(`${lines.join("\n")}\n`);
  return 0;
}
