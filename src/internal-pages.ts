import type { Progress } from "./drivers/messages.ts";
import type { SessionReports } from "./sessions/session-reports.ts";
import { prometheusContentType } from "./telemetry/metrics.ts";
import type { InternalRequest, RawResponse } from "./protocol/types.ts";

/**
 * What the port answers under `/-/`.
 *
 * Some pages are unsigned, because those who ask for them cannot sign: whether the process lives, whether it
 * takes requests, and its metrics, which hold only numbers, neither ids nor names. The other pages have to be
 * signed for service `athena`. They tell what the API has no place for: the progress of a running
 * calculation, stage by stage; sessions with their drivers; the warm pool.
 */
export interface InternalPages {
  answer(request: InternalRequest): Promise<RawResponse | undefined>;
  ready(): void;
  drain(): void;
}

export interface PagesDeps {
  progressOf: (calculationId: string) => Progress | undefined;
  sessions: SessionReports;
  /** Undefined if there is no pool. */
  pool: () => object | undefined;
  /** In Prometheus's text format. */
  metrics: () => Promise<string>;
}

export function internalPages(deps: PagesDeps): InternalPages {
  let state: "starting" | "ready" | "draining" = "starting";
  return {
    async answer({ method, path, caller }) {
      if (method !== "GET" && method !== "HEAD") return undefined;
      if (path === "/-/health") return json(200, { status: "ok" });
      if (path === "/-/ready") return json(state === "ready" ? 200 : 503, { status: state });
      if (path === "/-/metrics")
        return { status: 200, headers: { "content-type": prometheusContentType }, body: await deps.metrics() };
      const signed = signedPage(deps, path);
      if (!signed) return undefined;
      await caller();
      const page = await signed();
      return page && json(200, page);
    },
    ready() {
      state = "ready";
    },
    drain() {
      state = "draining";
    },
  };
}

function signedPage(
  deps: PagesDeps,
  path: string,
): (() => Promise<object | undefined> | object | undefined) | undefined {
  if (path === "/-/pool") return () => deps.pool();
  if (path === "/-/sessions") return async () => ({ sessions: await deps.sessions.active() });
  const sessionId = /^\/-\/sessions\/([^/]+)$/.exec(path)?.[1];
  if (sessionId !== undefined) return () => deps.sessions.find(sessionId);
  const calculationId = /^\/-\/calculations\/([^/]+)\/progress$/.exec(path)?.[1];
  if (calculationId === undefined) return undefined;
  return () => {
    const progress = deps.progressOf(calculationId);
    return progress && withoutName(progress);
  };
}

function withoutName({ type: _type, calculationId: _id, ...progress }: Progress): object {
  return progress;
}

function json(status: number, body: object): RawResponse {
  return { status, headers: { "content-type": "application/json" }, body: `${JSON.stringify(body)}\n` };
}
