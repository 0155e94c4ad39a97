import type { RawResponse } from "./protocol/types.ts";

/** What the port answers under `/-/`, without a signature: whether the process lives, and whether it takes requests. */
export interface InternalPages {
  answer(path: string, method: string): Promise<RawResponse | undefined>;
  ready(): void;
  drain(): void;
}

export function internalPages(): InternalPages {
  let state: "starting" | "ready" | "draining" = "starting";
  return {
    answer(path, method) {
      if (method !== "GET" && method !== "HEAD") return Promise.resolve(undefined);
      if (path === "/-/health") return Promise.resolve(json(200, { status: "ok" }));
      if (path === "/-/ready") return Promise.resolve(json(state === "ready" ? 200 : 503, { status: state }));
      return Promise.resolve(undefined);
    },
    ready() {
      state = "ready";
    },
    drain() {
      state = "draining";
    },
  };
}

function json(status: number, body: object): RawResponse {
  return { status, headers: { "Content-Type": "application/json" }, body: `${JSON.stringify(body)}\n` };
}
