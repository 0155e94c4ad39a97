import type { CalculationExecutionState, StartCalculationExecutionRequest } from "@aws-sdk/client-athena";
import { isCalculationOver } from "../domain/calculation-state.ts";
import { newCalculationId } from "../domain/ids.ts";
import { calculationNotFound, invalid, sessionNotFound, type Refusal } from "../domain/refusal.ts";
import type { Drivers, RunRequest } from "../drivers/types.ts";
import type { Calculation, PagePosition } from "../domain/entities.ts";
import { deliver } from "./deliver.ts";
import { discard, runRequest } from "./run-request.ts";
import { earlierAnswer, isStoredToken, tokenUse } from "../domain/request-token.ts";
import type { BucketFolders, SessionDeps } from "./types.ts";

export interface CalculationDeps extends SessionDeps {
  drivers: Drivers;
  bucketFolders: BucketFolders;
}

/**
 * Milliseconds that the answer to StartCalculationExecution waits for the end of the code. A client that runs
 * a short block then need not ask for its state again.
 */
const shortCodeMs = 30;

/**
 * The use cases of calculations. A calculation and its session's state BUSY are stored before the driver is
 * told to run it. What happens to the calculation afterwards is in driver-events.ts.
 */
export class CalculationService {
  readonly #deps: CalculationDeps;

  constructor(deps: CalculationDeps) {
    this.#deps = deps;
  }

  async start(request: StartCalculationExecutionRequest): Promise<Calculation> {
    const { store, now, held, hub, drivers, bucketFolders } = this.#deps;
    const id = newCalculationId();
    const token = tokenUse("StartCalculationExecution", request, id, now());
    const stored = await store.tokens.find(token);
    if (stored) return this.get(earlierAnswer(token, stored));

    const code = codeOf(request);
    const sessionId = request.SessionId ?? "";
    const session = await store.sessions.find(sessionId);
    if (!session) throw sessionNotFound(sessionId);
    const workingDirectory = `${session.workingDirectory}/${id}`;
    const calculation: Calculation = {
      id,
      sessionId,
      description: request.Description ?? null,
      state: "RUNNING",
      stateReason: null,
      code,
      workingDirectory,
      submittedAt: now(),
      completedAt: null,
      progress: 0,
      dpuMs: 0,
    };
    // The output files are made before the transaction, so that a full disk refuses the call and does not
    // fail a stored calculation.
    const prepared = session.state === "IDLE" ? await prepare(calculation, bucketFolders) : undefined;
    const started = await store.calculations.start(calculation, token);
    if (typeof started === "object") {
      if (prepared) await discard(prepared);
      if (isStoredToken(started)) return this.get(earlierAnswer(token, started));
      throw notIdle(started.refused);
    }
    held.touched(id);
    hub.notify(sessionId);
    const { driver } = drivers.ofSession(sessionId);
    if (!driver) return calculation;
    await deliver(this.#deps, driver, calculation, prepared);
    return held.soon(id, () => this.get(id), isCalculationOver, shortCodeMs);
  }

  async get(id: string): Promise<Calculation> {
    const calculation = await this.#deps.store.calculations.find(id);
    if (!calculation) throw calculationNotFound(id);
    return calculation;
  }

  /**
   * Reads the calculation. If it was started or stopped just now, waits a little for a final state
   * (held-answers.ts).
   */
  status(id: string, signal: AbortSignal): Promise<Calculation> {
    return this.#deps.held.read(id, () => this.get(id), isCalculationOver, signal);
  }

  async list(filter: {
    sessionId: string;
    state: CalculationExecutionState | undefined;
    after: PagePosition | undefined;
    limit: number;
  }): Promise<Calculation[]> {
    if (!(await this.#deps.store.sessions.find(filter.sessionId))) throw sessionNotFound(filter.sessionId);
    return this.#deps.store.calculations.list(filter);
  }

  /**
   * Moves the calculation from RUNNING to CANCELING and tells the driver. The calculation becomes CANCELED
   * when none of its code runs any more. Has no effect on a calculation that is over.
   */
  async stop(id: string): Promise<Calculation> {
    const { store, held, hub, drivers } = this.#deps;
    const canceling = await store.calculations.cancel(id);
    if (!canceling) return this.get(id);
    held.touched(id);
    hub.notify(id);
    drivers.ofSession(canceling.sessionId).driver?.stop(id);
    return canceling;
  }
}

async function prepare(calculation: Calculation, bucketFolders: BucketFolders): Promise<RunRequest> {
  try {
    return await runRequest(calculation, bucketFolders);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw invalid(`The output cannot be written to ${calculation.workingDirectory}: ${why}`);
  }
}

/** Clients match this text. Whether they try again depends on the state in it. */
function notIdle(state: string): Refusal {
  return invalid(`Session is in the ${state} state; needs to be IDLE to accept Calculations.`);
}

function codeOf(request: StartCalculationExecutionRequest): string {
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- clients still send it
  const inside = request.CalculationConfiguration?.CodeBlock;
  if (request.CodeBlock !== undefined && inside !== undefined)
    throw invalid("Only one of CodeBlock and CalculationConfiguration.CodeBlock can be given.");
  const code = request.CodeBlock ?? inside;
  if (code === undefined) throw invalid("CodeBlock is required.");
  return code;
}
