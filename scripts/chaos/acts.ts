import { setTimeout as sleep } from "node:timers/promises";
import { join } from "node:path";
import type { ServerProcess } from "../../test/support/server-process.ts";
import { granted, type Client } from "./client.ts";
import type { ChaosEngine } from "./engines.ts";
import { tokenOf, type CalculationEntry, type Ledger, type SessionEntry } from "./ledger.ts";
import type { Act, Step } from "./plan.ts";
import { must } from "./violation.ts";

export interface Stage {
  readonly engine: ChaosEngine;
  readonly ledger: Ledger;
  readonly server: ServerProcess;
  readonly client: Client;
  /** The folder where the calculations' code notes what it does. */
  readonly notes: string;
  /** Called just before a request is sent. */
  readonly sending: (act: Act) => void;
}

/** One client's steps, until they are done or the server is killed. */
export async function perform(steps: readonly Step[], stage: Stage): Promise<void> {
  for (const step of steps) {
    await sleep(step.pauseMs);
    if (stage.server.isKilled) return;
    await acts[possible(step, stage)](stage, step);
  }
}

/**
 * The act that is possible now. A session is only started if there is room, and without a session the first
 * act is to start one.
 */
function possible({ act, choice }: Step, { ledger, engine }: Stage): Act {
  const held = ledger.usable().length + ledger.unacknowledged().length;
  if (act === "start session" && held >= engine.maxSessions) return choice < 0.5 ? "terminate" : "calculate";
  return ledger.usable().length === 0 ? "start session" : act;
}

const acts: Record<Act, (stage: Stage, step: Step) => Promise<void>> = {
  async "start session"({ client, ledger, sending }) {
    const session = ledger.newSession();
    sending("start session");
    const outcome = await client.startSession(session);
    if (!("lost" in outcome)) session.id = granted(outcome);
  },
  async calculate({ client, engine, ledger, notes, sending }, { choice, runMs }) {
    const session = pick(ledger.usable(), choice);
    if (!session) return;
    const calculation = newCalculation(session, notes, (file) => engine.code(file, runMs));
    sending("calculate");
    await startCalculation(client, calculation);
  },
  async stop({ client, ledger, sending }, { choice }) {
    const calculation = pick(ledger.running(), choice);
    if (!calculation?.id) return;
    calculation.stop ??= "asked";
    sending("stop");
    const outcome = await client.stop(calculation.id);
    if (!("lost" in outcome) && granted(outcome) === "CANCELING") calculation.stop = "canceling";
  },
  async terminate({ client, ledger, sending }, { choice }) {
    const session = pick(ledger.usable(), choice);
    if (!session?.id) return;
    session.termination = "asked";
    sending("terminate");
    const outcome = await client.terminate(session.id);
    if ("lost" in outcome) return;
    const state = granted(outcome);
    must(/^TERMINAT(ING|ED)$/.test(state), () => `${session.name} was terminated, and is ${state}`);
    session.termination = "acknowledged";
  },
  async look({ client, ledger, sending }, { choice }) {
    const session = pick(ledger.open(), choice);
    if (!session?.id) return;
    sending("look");
    const outcome = await client.session(session.id);
    if ("refused" in outcome) granted(outcome);
  },
};

export function newCalculation(
  session: SessionEntry,
  notes: string,
  codeFor: (file: string) => string,
): CalculationEntry {
  const name = `${session.name} calculation ${String(session.calculations.length + 1)}`;
  const file = join(notes, name.replaceAll(" ", "-"));
  const calculation = { name, token: tokenOf(name), session, file, code: codeFor(file) };
  session.calculations.push(calculation);
  return calculation;
}

/** Starts a calculation. A session that is not IDLE refuses it, which is no fault. */
export async function startCalculation(client: Client, calculation: CalculationEntry): Promise<void> {
  const outcome = await client.startCalculation(calculation);
  if ("answer" in outcome) calculation.id = outcome.answer;
  if ("refused" in outcome) {
    must(outcome.refused.includes("needs to be IDLE"), () => `${calculation.name} was refused: ${outcome.refused}`);
    calculation.isRefused = true;
  }
}

const pick = <T>(choices: readonly T[], choice: number): T | undefined => choices[Math.floor(choice * choices.length)];
