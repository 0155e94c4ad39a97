import type { Progress } from "./drivers/messages.ts";
import type { SessionReports } from "./sessions/session-reports.ts";
import { prometheusContentType } from "./telemetry/metrics.ts";
import type { InternalRequest, RawResponse } from "./protocol/types.ts";

/**
 * What the port answers under `/-/`. Unsigned, because those who ask cannot sign: whether the process lives, whether it takes requests, and its metrics, which
 * hold numbers only and neither ids nor names. Signed, for service `athena`: the progress of a running
 * calculation, stage by stage, and sessions with their drivers, which the API has no place for.
 */
export interface InternalPages {
  answer(request: InternalRequest): Promise<RawResponse | undefined>;
  ready(): void;
  drain(): void;
}

export function internalPages(deps: {
  progressOf: (calculationId: string) => Progress | undefined;
  /** In Prometheus's text format. */
  metrics: () => Promise<string>;
  sessions: SessionReports;
}): InternalPages {
  let state: "starting" | "ready" | "draining" = "starting";
  return {
    async answer({ method, path, caller }) {
      if (method !== "GET" && method !== "HEAD") return undefined;
      if (path === "/-/health") return json(200, { status: "ok" });
      if (path === "/-/ready") return json(state === "ready" ? 200 : 503, { status: state });
      if (path === "/-/metrics")
        return { status: 200, headers: { "content-type": prometheusContentType }, body: await deps.metrics() };
      if (path === "/-/sessions") {
        await caller();
        return json(200, { sessions: await deps.sessions.active() });
      }
      const sessionId = /^\/-\/sessions\/([^/]+)$/.exec(path)?.[1];
      if (sessionId !== undefined) {
        await caller();
        const report = await deps.sessions.find(sessionId);
        return report && json(200, report);
      }
      const calculationId = /^\/-\/calculations\/([^/]+)\/progress$/.exec(path)?.[1];
      if (calculationId === undefined) return undefined;
      await caller();
      const progress = deps.progressOf(calculationId);
      return progress && json(200, withoutName(progress));
    },
    ready() {
      state = "ready";
    },
    drain() {
      state = "draining";
    },
  };
}

function withoutName({ type: _type, calculationId: _id, ...progress }: Progress): object {
  return progress;
}

function json(status: number, body: object): RawResponse {
  return { status, headers: { "content-type": "application/json" }, body: `${JSON.stringify(body)}\n` };
}
