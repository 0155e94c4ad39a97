import type { Fleet } from "../drivers/fleet.ts";
import type { Drivers } from "../drivers/types.ts";
import { CalculationService } from "../sessions/calculation-service.ts";
import { ExecutorService } from "../sessions/executor-service.ts";
import { reapIdleSessions } from "../sessions/idle-reaper.ts";
import type { LogDelivery } from "../sessions/log-delivery.ts";
import type { SessionRules } from "../sessions/new-session.ts";
import { keepReconciled, reconcile } from "../sessions/reconciler.ts";
import { SessionService } from "../sessions/session-service.ts";
import { SessionStarter } from "../sessions/session-starter.ts";
import type { StartingDeps } from "../sessions/types.ts";

export interface SessionsDeps extends StartingDeps {
  drivers: Drivers;
  /** Adopts and ends the drivers of earlier servers. */
  adoption: Pick<Fleet, "adoptAll" | "sweep">;
  logs: Pick<LogDelivery, "catchUp">;
  rules: SessionRules;
}

/**
 * The parts for sessions and their calculations. Disposing of it waits for starts and ends that are under
 * way, for at most 10 s.
 */
export interface OpenSessions extends AsyncDisposable {
  readonly starter: SessionStarter;
  readonly sessions: SessionService;
  readonly calculations: CalculationService;
  readonly executors: ExecutorService;
  /**
   * To be called before the first request is served: it settles what an earlier server left, while no request
   * can interfere.
   */
  readonly reconcile: () => Promise<void>;
  readonly keepReconciled: (signal: AbortSignal) => Promise<void>;
  readonly reapIdle: (signal: AbortSignal) => Promise<void>;
}

export function openSessions(deps: SessionsDeps): OpenSessions {
  const { drivers, log } = deps;
  const starter = new SessionStarter(deps);
  const sessions = new SessionService({ ...deps, starter });
  const reconciling = { ...deps, starter };
  return {
    starter,
    sessions,
    calculations: new CalculationService(deps),
    executors: new ExecutorService({ sessions, drivers, log }),
    reconcile: () => reconcile(reconciling),
    keepReconciled: (signal) => keepReconciled(reconciling, signal),
    reapIdle: (signal) => reapIdleSessions({ ...deps, sessions }, signal),
    [Symbol.asyncDispose]: () => starter.close(),
  };
}
