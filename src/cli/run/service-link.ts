import { AthenaClient } from "@aws-sdk/client-athena";
import type { Config } from "../../config/config.ts";
import { inheritedBySessions } from "../../config/env.ts";
import { delay } from "../../lib/delay.ts";
import type { Service } from "../../service.ts";
import { readProfile } from "../profile.ts";
import { findService } from "./find-service.ts";
import { signedFetch, type SignedFetch } from "./signed-fetch.ts";

type Env = Readonly<Record<string, string | undefined>>;

export interface Clients {
  athena: AthenaClient;
  fetch: SignedFetch;
}

/** How long another server on the folder may take to become ready, or one that went away to come back. */
const patienceMs = 20_000;
const comebackMs = 5_000;

/** A service that says it is ready, and cuts the same call again and again, has another ailment. */
const maxAttempts = 5;

/**
 * The way to the service of the data folder: one that runs, else one of our own, in this process.
 *
 * Failure model: the service may go away at any time (it is restarted, or it was the own one of another `glaux run`). Then a call is made
 * anew on its successor, which has taken the sessions over; so calls must be safe to repeat, by a ClientRequestToken where they are not by
 * nature. Our own service leaves all sessions running at its end: those that are not ours belong to somebody.
 */
export class ServiceLink implements AsyncDisposable {
  readonly #config: Config;
  readonly #env: Env;
  readonly #signal: AbortSignal;
  #clients: Clients | undefined;
  #reconnecting: Promise<void> | undefined;
  #own: Service | undefined;

  /** `signal` ends the attempts to find or start a service, and with them a call that waits for one. */
  constructor(config: Config, env: Env, signal: AbortSignal) {
    this.#config = config;
    this.#env = env;
    this.#signal = signal;
  }

  /** True if the service is ours, and so the one that has to end what we started. */
  get isOwn(): boolean {
    return this.#own !== undefined;
  }

  async call<T>(request: (clients: Clients) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      const clients: Clients = (this.#clients ??= await this.#connect());
      try {
        return await request(clients);
      } catch (error) {
        if (!isConnectionError(error) || this.#own || attempt === maxAttempts) throw error;
        // Calls run side by side: the first to notice looks for the successor, the others use what it found.
        if (this.#clients === clients) await this.#reconnect(clients);
      }
    }
  }

  #reconnect(lost: Clients): Promise<void> {
    this.#reconnecting ??= (async () => {
      lost.athena.destroy();
      this.#clients = await this.#connect(performance.now() + comebackMs);
    })().finally(() => (this.#reconnecting = undefined));
    return this.#reconnecting;
  }

  /** Starts no service of its own before `ownFrom`. */
  async #connect(ownFrom = 0): Promise<Clients> {
    let heldSince: number | undefined;
    for (;;) {
      this.#signal.throwIfAborted();
      const endpoint = await findService(this.#config);
      if (endpoint !== undefined) return this.#clientsOf(endpoint);
      if (performance.now() >= ownFrom) {
        try {
          return await this.#clientsOf(await this.#startOwn());
        } catch (error) {
          const { FolderInUse } = await import("../../service.ts");
          heldSince ??= performance.now(); // from here on: installing an engine may have taken minutes
          if (!(error instanceof FolderInUse) || performance.now() > heldSince + patienceMs) throw error;
        }
      }
      await delay(100, this.#signal);
    }
  }

  async #startOwn(): Promise<string> {
    // Loaded only here: where a service runs, none of its parts is needed.
    const { ensureEngine } = await import("../ensure-engine.ts");
    const { startService } = await import("../../service.ts");
    const engine = await ensureEngine(this.#config, this.#env, { terminal: process.stderr, signal: this.#signal });
    this.#own = await startService(
      // Without a pool: there will be no second session.
      {
        ...this.#config,
        defaultEngine: engine.id,
        listen: { host: "127.0.0.1", port: 0 },
        pool: { min: 0, max: 0 },
      },
      inheritedBySessions(this.#env),
    );
    return this.#own.endpoint;
  }

  async #clientsOf(endpoint: string): Promise<Clients> {
    const { region, credentials } = await readProfile(this.#config, this.#env);
    // Everything that an SDK would otherwise look up in the user's AWS settings is said here.
    const athena = new AthenaClient({
      endpoint,
      region,
      credentials,
      maxAttempts: 3,
      retryMode: "standard",
      defaultsMode: "standard",
      useFipsEndpoint: false,
      useDualstackEndpoint: false,
    });
    return { athena, fetch: signedFetch({ endpoint, region, credentials }) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#clients?.athena.destroy();
    await this.#own?.stop({ endSessions: false });
  }
}

const connectionErrors = new Set(["ECONNREFUSED", "ECONNRESET", "EPIPE", "UND_ERR_SOCKET", "UND_ERR_CONNECT_TIMEOUT"]);

export function isConnectionError(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause) {
    const { code } = at as NodeJS.ErrnoException;
    if (code !== undefined && connectionErrors.has(code)) return true;
    if (at.message === "socket hang up" || at.message === "terminated") return true;
  }
  return false;
}
