import { type OperationDeps, operations } from "../api/operations.ts";
import { pageTokens } from "../api/page-token.ts";
import type { Config } from "../config/config.ts";
import type { Fleet } from "../drivers/fleet.ts";
import { type Place, siteIn } from "../drivers/place.ts";
import { internalPages } from "../internal-pages.ts";
import type { Pool } from "../pool/pool.ts";
import { createHttpServer } from "../protocol/http-server.ts";
import type { RateLimiter } from "../protocol/rate-limit.ts";
import { s3Service } from "../s3/service.ts";
import type { LiveProgress } from "../sessions/driver-events.ts";
import type { HeldAnswers } from "../sessions/held-answers.ts";
import { sessionReports } from "../sessions/session-reports.ts";
import { watchService } from "../telemetry/service-metrics.ts";
import type { Data } from "./data.ts";

export interface FrontDoorDeps {
  config: Pick<Config, "region" | "listen">;
  data: Pick<Data, "store" | "keys" | "buckets" | "metrics" | "log">;
  isWithinRate: RateLimiter | undefined;
  useCases: Omit<OperationDeps, "tokens">;
  /** For the internal pages, which show facts about drivers that the store does not have. */
  place: Place;
  fleet: Fleet;
  pool: Pool | undefined;
  progress: LiveProgress;
  held: Pick<HeldAnswers, "release">;
  now: () => number;
  ticks: () => number;
}

/** The open port. Disposing of it does the same as `close`. */
export interface FrontDoor extends AsyncDisposable {
  readonly address: { host: string; port: number };
  /** From this call on the internal pages say that the server is ready. */
  ready(): void;
  /**
   * Answers the requests that are in flight, waiting at most 5 s, and closes the port. A second call returns
   * the promise of the first.
   */
  close(): Promise<void>;
}

const drainMs = 5_000;

export async function openFrontDoor(deps: FrontDoorDeps): Promise<FrontDoor> {
  const { config, isWithinRate, useCases, fleet, held, now, ticks } = deps;
  const { store, keys, buckets, metrics, log } = deps.data;
  const pages = internalPagesOf(deps);
  const server = createHttpServer({
    region: config.region,
    findKey: (id) => keys.findKey(id),
    ...(isWithinRate && { isWithinRate }),
    operations: operations({ ...useCases, tokens: pageTokens(store.secret) }),
    s3: s3Service({ buckets, region: config.region }),
    internal: (request) => pages.answer(request),
    answered: ({ durationMs, ...labels }) => metrics.time("glaux_request_duration_seconds", labels, durationMs),
    now,
    ticks,
    log,
  });
  watchService(metrics, { store, fleet, server });
  const address = await server.listen(config.listen.host, config.listen.port);
  const close = once(async () => {
    pages.drain();
    held.release();
    await server.drain(drainMs);
  });
  return { address, ready: () => pages.ready(), close, [Symbol.asyncDispose]: close };
}

function internalPagesOf({ data, place, fleet, pool, progress }: FrontDoorDeps) {
  const { store, metrics, log } = data;
  return internalPages({
    progressOf: (id) => progress.get(id),
    sessions: sessionReports({ store, siteOf: (driver) => siteIn(place, driver), drivers: fleet }),
    metrics: async () => {
      const { text, errors } = await metrics.render();
      if (errors.length > 0) log.warn({ errors: errors.map(String) }, "some metrics could not be read");
      return text;
    },
    pool: () => pool?.status(),
  });
}

function once(step: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined;
  return () => (done ??= step());
}
