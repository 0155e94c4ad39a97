import { granted, type Client, type Outcome } from "./client.ts";
import type { CalculationEntry, Ledger } from "./ledger.ts";
import { must } from "./violation.ts";

/**
 * Repeats all requests that were not repeated yet, each twice at once, as clients do that got no answer:
 * requests with the same token make one thing, once. Terminations without an answer are repeated too.
 */
export async function repeatRequests(client: Client, ledger: Ledger): Promise<void> {
  for (const session of ledger.sessions.filter(({ isRepeated }) => isRepeated !== true)) {
    const ids = (await twice(() => client.startSession(session))).map(granted);
    agree(session.name, session.id, ids);
    session.id = ids[0] ?? "";
    session.isRepeated = true;
  }
  for (const session of ledger.open().filter(({ termination }) => termination === "asked")) {
    granted(await client.terminate(session.id ?? ""));
    session.termination = "acknowledged";
  }
  for (const calculation of ledger.calculations().filter(({ isRepeated }) => isRepeated !== true)) {
    if (calculation.isRefused !== true) await repeatCalculation(client, calculation);
    calculation.isRepeated = true;
  }
}

async function repeatCalculation(client: Client, calculation: CalculationEntry): Promise<void> {
  const outcomes = await twice(() => client.startCalculation(calculation));
  const ids = outcomes.flatMap((outcome) => ("answer" in outcome ? [outcome.answer] : []));
  const refused = outcomes.flatMap((outcome) => ("refused" in outcome ? [outcome.refused] : []));
  const wasUnknown = calculation.id === undefined;
  for (const why of refused)
    must(wasUnknown && why.includes("needs to be IDLE"), () => `${calculation.name}, sent again, was refused: ${why}`);
  agree(calculation.name, calculation.id, ids);
  if (ids[0] === undefined) calculation.isRefused = true;
  else calculation.id = ids[0];
}

function agree(name: string, acknowledged: string | undefined, ids: readonly string[]): void {
  const all = new Set(acknowledged === undefined ? ids : [acknowledged, ...ids]);
  must(all.size <= 1, () => `the token of ${name} has made several things: ${[...all].join(", ")}`);
}

async function twice<T>(call: () => Promise<Outcome<T>>): Promise<Outcome<T>[]> {
  return Promise.all([call(), call()]);
}
