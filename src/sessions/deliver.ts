import { reason } from "../domain/reasons.ts";
import type { Calculation } from "../domain/entities.ts";
import type { Driver, RunRequest } from "../drivers/types.ts";
import { runRequest } from "./run-request.ts";
import type { BucketFolders, SessionDeps } from "./types.ts";

/**
 * Sends a stored calculation to its driver: the first time, and again whenever the driver is connected anew and does not run it (it ignores an id that it knows).
 * What cannot be sent because its output cannot be written ends here, so that no calculation stays RUNNING without anybody to run it.
 */
export async function deliver(
  deps: Pick<SessionDeps, "store" | "hub" | "now" | "log"> & { bucketFolders: BucketFolders },
  driver: Driver,
  calculation: Calculation,
  prepared?: RunRequest,
): Promise<void> {
  const { store, hub, now, log, bucketFolders } = deps;
  try {
    driver.run(prepared ?? (await runRequest(calculation, bucketFolders)));
  } catch (error) {
    log.error({ calculationId: calculation.id, err: error }, "a calculation's output could not be prepared");
    const why = `The files of its output could not be made: ${error instanceof Error ? error.message : String(error)}`;
    await store.calculations.finish(calculation.id, {
      at: now(),
      state: "FAILED",
      reason: reason(why) ?? null,
      dpuMs: 1,
    });
    hub.notify(calculation.sessionId);
    hub.notify(calculation.id);
    return;
  }
  // A Stop that came before `run` found nothing to stop.
  if ((await store.calculations.find(calculation.id))?.state === "CANCELING") driver.stop(calculation.id);
}
