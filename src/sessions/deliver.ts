import { reason } from "../domain/reasons.ts";
import type { Calculation } from "../domain/entities.ts";
import type { Driver, RunRequest } from "../drivers/types.ts";
import { runRequest } from "./run-request.ts";
import type { BucketFolders, SessionDeps } from "./types.ts";

/**
 * Sends a stored calculation to its driver: when the calculation is started, and again on each new connection
 * of the driver if the driver does not run it. A driver ignores a calculation whose id it knows already. If
 * the output files cannot be made, the calculation becomes FAILED here, so that no calculation stays RUNNING
 * with nobody to run it.
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
  // A Stop that came before `run` was sent found nothing to stop in the driver, so it is sent again.
  if ((await store.calculations.find(calculation.id))?.state === "CANCELING") driver.stop(calculation.id);
}
