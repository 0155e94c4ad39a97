import { calculationEnd, judgeLoss, type DriverFate } from "../domain/driver-loss.ts";
import type { Session } from "../domain/entities.ts";
import { isClaimPending } from "../domain/pending-claim.ts";
import { calculationCanceledBySessionEnd, reason } from "../domain/reasons.ts";
import type { DriverEvent, Progress } from "../drivers/messages.ts";
import type { Driver, DriverListener } from "../drivers/types.ts";
import type { CalculationEnd } from "../store/types.ts";
import { claimRequest, namesOf } from "./claim-request.ts";
import { deliver } from "./deliver.ts";
import type { LogDelivery } from "./log-delivery.ts";
import { closeOutput } from "./run-request.ts";
import type { BucketFolders, SessionDeps } from "./types.ts";

/** The latest progress that drivers reported, by the id of a running calculation. */
export type LiveProgress = Map<string, Progress>;

type Finished = Extract<DriverEvent, { type: "finished" }>;

/**
 * Turns what drivers report into the states that clients see. After a crash of the server every handler may
 * be called again with the same event; the store's compare-and-sets make the second call a no-op.
 */
export function driverEvents(
  deps: SessionDeps & { bucketFolders: BucketFolders; progress: LiveProgress; logs: Pick<LogDelivery, "deliver"> },
): DriverListener {
  const { store, hub, now, log, bucketFolders, progress, logs } = deps;

  const changed = (...ids: string[]) => {
    for (const id of ids) hub.notify(id);
  };
  const sessionOf = async (driver: Driver) =>
    driver.sessionId === null ? undefined : store.sessions.find(driver.sessionId);
  const judge = (driver: Driver, session: Session | undefined, fate: DriverFate) =>
    judgeLoss({
      session: session?.state ?? null,
      isClaimPending: isClaimPending(driver, session),
      driver: fate,
    });

  const finish = async (calculationId: string, end: CalculationEnd) => {
    const calculation = await store.calculations.finish(calculationId, end);
    progress.delete(calculationId);
    if (calculation) changed(calculation.sessionId, calculation.id);
  };

  const fail = async (driver: Driver, why: string | null, at: number) => {
    if (driver.sessionId === null) return;
    if (await store.sessions.transition(driver.sessionId, "FAILED", { at, reason: why })) changed(driver.sessionId);
  };

  const degrade = async (driver: Driver, why: string, at: number) => {
    if (driver.sessionId === null) return;
    if (await store.sessions.transition(driver.sessionId, "DEGRADED", { at, reason: reason(why) ?? null }))
      changed(driver.sessionId);
  };

  const recover = async (driver: Driver, at: number) => {
    if (driver.sessionId === null) return;
    const isBusy = (await store.calculations.current(driver.sessionId)) !== undefined;
    const session = await store.sessions.transition(driver.sessionId, isBusy ? "BUSY" : "IDLE", {
      at,
      from: ["DEGRADED"],
      reason: null,
    });
    if (session) changed(session.id);
  };

  const isReady = async (driver: Driver, at: number) => {
    if (driver.sessionId === null) return;
    const session = await store.sessions.transition(driver.sessionId, "IDLE", {
      at: now(),
      from: ["CREATING"],
      idleSinceAt: at,
    });
    if (session) changed(session.id);
  };

  return {
    async connected(driver, welcome) {
      const session = await sessionOf(driver);
      if (!session || judge(driver, session, { is: "alive" }).do === "end") {
        // Not awaited, because `end` waits for this driver's last event, and that event waits for this call
        // to return.
        driver.end(0, { leaveNothing: driver.sessionId === null }).catch((error: unknown) => {
          log.error({ driverId: driver.id, err: error }, "a driver without a session could not be ended");
        });
        return;
      }
      if (isClaimPending(driver, session)) driver.claim(claimRequest(session));
      else driver.assign(namesOf(session));
      const current = await store.calculations.current(session.id);
      if (!current) return;
      if (welcome.calculationId !== current.id) await deliver(deps, driver, current);
      else if (current.state === "CANCELING") driver.stop(current.id);
    },

    async event(driver, event) {
      switch (event.type) {
        case "ready":
          // A pool member is ready before the session's Spark properties are applied; only `claimed` makes
          // its session IDLE.
          return driver.isFromPool ? undefined : isReady(driver, event.at);
        case "claimed":
          log.info({ driverId: driver.id, ...event }, "driver: claimed");
          return event.sessionId === driver.sessionId ? isReady(driver, event.at) : undefined;
        case "finished": {
          const end = endOf(event);
          if (event.driverLost !== null) {
            const fate = { is: "ending", why: end.reason ?? event.driverLost } as const;
            const answer = judge(driver, await sessionOf(driver), fate);
            // The session fails before its calculation ends, because a client that sees the end of the
            // calculation must not find the session IDLE.
            if (answer.do === "fail") await fail(driver, answer.reason, event.at);
          }
          const isCutOff = end.state === "CANCELED" && (await sessionOf(driver))?.state === "TERMINATING";
          await finish(
            event.calculationId,
            isCutOff ? { ...end, reason: end.reason ?? calculationCanceledBySessionEnd } : end,
          );
          if (driver.sessionId !== null) await logs.deliver(driver.sessionId, driver.logs);
          return;
        }
        case "degraded":
          return degrade(driver, event.reason, event.at);
        case "recovered":
          return recover(driver, event.at);
        case "runner_lost":
        case "context_restarted":
        case "ended":
          log.info({ driverId: driver.id, sessionId: driver.sessionId, ...event }, `driver: ${event.type}`);
          return;
        case "started":
        case "accepted":
        case "running":
        case "stopping":
        case "runner_ready":
          return;
      }
    },

    async progress(_driver, latest) {
      progress.set(latest.calculationId, latest);
      await store.calculations.progress(latest.calculationId, Math.floor(latest.progress));
    },

    silent: (driver, isSilent) =>
      isSilent ? degrade(driver, "The session's supervisor process does not answer", now()) : recover(driver, now()),

    async lost(driver, why) {
      const session = await sessionOf(driver);
      if (!session) return;
      const latest = await store.drivers.ofSession(session.id);
      const isFormer = latest !== undefined && latest.id !== driver.id;
      const answer = judge(driver, isFormer ? undefined : session, { is: "gone", why });
      const about = { driverId: driver.id, sessionId: session.id, why };
      if (answer.do === "ignore") {
        // An earlier server died before it stored the end of this driver, and the session got another driver.
        log.info(about, "a driver is gone that the session had before");
        return;
      }
      if (answer.do === "replace") {
        // The session's starter gives the session another driver. After a restart of the server the
        // reconciler does.
        log.warn(about, "a pool member died while it was claimed");
        return;
      }
      await logs.deliver(session.id, driver.logs, { isLast: true });
      const at = now();
      // The session fails before its current calculation is read. Otherwise a calculation could be started in
      // between, and nobody would end it.
      if (answer.do === "fail") await fail(driver, answer.reason, at);
      // The session is read and judged again, because it may have been terminated in the meantime.
      const settled = judge(driver, await sessionOf(driver), { is: "gone", why });
      const current = await store.calculations.current(session.id);
      const end = current && calculationEnd(settled, current.state);
      if (end) {
        await closeOutput(current, bucketFolders, why);
        await finish(current.id, { ...end, at, dpuMs: Math.max(1, at - current.submittedAt) });
      }
      if (settled.do === "end")
        await store.sessions.transition(session.id, "TERMINATED", { at, reason: settled.reason });
      changed(session.id);
    },
  };
}

function endOf(event: Finished): CalculationEnd {
  const state = ({ completed: "COMPLETED", failed: "FAILED", canceled: "CANCELED" } as const)[event.outcome];
  return { at: event.at, state, reason: reasonOf(event), dpuMs: Math.max(1, Math.round(event.dpuMs)) };
}

/** `<Type>: <first line>`. If Python variables were lost, the driver's own error says so. */
function reasonOf({ outcome, errorType, errorMessage }: Finished): string | null {
  if (outcome === "completed" || errorType === null) return null;
  return reason(errorMessage ? `${errorType}: ${errorMessage}` : errorType) ?? null;
}
