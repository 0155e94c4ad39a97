import { judgeLoss } from "../domain/driver-loss.ts";
import { isClaimPending } from "../domain/pending-claim.ts";
import { activeSessionStates, isSessionOver } from "../domain/session-state.ts";
import { delay } from "../lib/delay.ts";
import type { Fleet } from "../drivers/fleet.ts";
import type { Drivers } from "../drivers/types.ts";
import type { LogDelivery } from "./log-delivery.ts";
import type { SessionStarter } from "./session-starter.ts";
import type { SessionDeps } from "./types.ts";

const tokensKeptMs = 48 * 3600_000;
const everyMs = 60_000;

export interface ReconcilerDeps extends Pick<SessionDeps, "store" | "now" | "log"> {
  adoption: Pick<Fleet, "adoptAll" | "sweep">;
  drivers: Pick<Drivers, "ofSession">;
  starter: SessionStarter;
  logs: Pick<LogDelivery, "catchUp">;
}

/**
 * To be called when the server starts, before the first request is served. Takes over the drivers of an
 * earlier server that live. A driver that has died delivers the rest of its journal, and its session fails.
 */
export async function reconcile(deps: ReconcilerDeps): Promise<void> {
  const adopted = await deps.adoption.adoptAll();
  if (adopted.length > 0) deps.log.info({ adopted: adopted.length }, "took over the drivers of an earlier server");
  await settleSessions(deps);
}

/**
 * Reconciles again, at once and then every minute, to mend what went wrong meanwhile: starts and terminations
 * that nobody works on, sessions without a driver, processes of unknown drivers, logs that have grown or
 * could not be delivered, and request tokens that are older than 48 hours. Runs until `signal` fires.
 */
export async function keepReconciled(deps: ReconcilerDeps, signal: AbortSignal): Promise<void> {
  const { store, adoption, now, log, logs } = deps;
  const steps = [
    async () => {
      const strays = await adoption.sweep();
      if (strays > 0) log.warn({ strays }, "ended the processes of drivers that nobody knows");
    },
    () => settleSessions(deps),
    () => logs.catchUp(),
    () => store.tokens.forget(now() - tokensKeptMs),
  ];
  do {
    for (const step of steps) {
      if (signal.aborted) return;
      try {
        await step();
      } catch (error) {
        // The other steps run all the same.
        log.error({ err: error }, "reconciling failed; it is tried again");
      }
    }
  } while (await delay(everyMs, signal));
}

async function settleSessions({ store, drivers, starter }: ReconcilerDeps): Promise<void> {
  for (const { id } of await store.sessions.inStates([...activeSessionStates, "TERMINATING"])) {
    // Read again, because the steps before have taken time since the list was made.
    const session = await store.sessions.find(id);
    if (!session || isSessionOver(session.state) || starter.isBusyWith(id)) continue;
    const found = drivers.ofSession(id);
    const { driver } = found;
    const answer = judgeLoss({
      session: session.state,
      isClaimPending: driver !== undefined && isClaimPending(driver, session),
      driver: found,
    });
    if (answer.do === "end") starter.end(session);
    else if (answer.do === "replace") starter.start(session, answer.why);
    else if (answer.do === "fail") await starter.fail(id, answer);
    else if (driver && session.state === "CREATING") starter.adopt(session, driver);
  }
}
