import { readConfig } from "../config/config.ts";
import { CliError } from "./failure.ts";
import { readServicePage } from "./service-page.ts";

type Env = Readonly<Record<string, string | undefined>>;

interface Shown {
  sessionId: string;
  state: string;
  stateReason: string | null;
  origin: { from: "pool" | "cold"; why: string | null } | null;
}

/** `glaux sessions show` */
export async function showSession(env: Env, id: string): Promise<number> {
  const page = await readServicePage(readConfig(env), env, `/-/sessions/${encodeURIComponent(id)}`);
  if (page === undefined) throw new CliError(`there is no session ${id}`);
  process.stdout.write(renderSession(page as Shown));
  return 0;
}

export function renderSession({ sessionId, state, stateReason, origin }: Shown): string {
  const lines = [
    `Session ${sessionId}`,
    `  state    ${state}${stateReason === null ? "" : `: ${stateReason}`}`,
    `  started  ${origin ? startOf(origin) : "no driver yet"}`,
  ];
  return `${lines.join("\n")}\n`;
}

function startOf({ from, why }: NonNullable<Shown["origin"]>): string {
  const how = from === "pool" ? "from the warm pool" : "cold, with a driver of its own";
  return why === null ? how : `${how}: ${why}`;
}
