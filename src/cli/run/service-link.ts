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

/**
 * How long another server on the folder may take to become ready (`patienceMs`), and how long a server that
 * went away may take to come back (`comebackMs`).
 */
const patienceMs = 20_000;
const comebackMs = 5_000;

/** A service that says it is ready but cuts the same call off again and again has some other fault. */
const maxAttempts = 5;

/**
 * The way to the service of the data folder: a running service if there is one, else a service of our own in
 * this process.
 *
 * Failure model: the service may go away at any time, because it is restarted or because it belonged to
 * another `glaux run`. Then a call is repeated on its successor, which has taken the sessions over. So calls
 * must be safe to repeat; a call that is not idempotent by nature has a ClientRequestToken. Our own service
 * leaves all sessions running at its end, because other clients may use them.
 */
export class ServiceLink implements AsyncDisposable {
  readonly #config: Config;
  readonly #env: Env;
  readonly #signal: AbortSignal;
  #clients: Clients | undefined;
  #reconnecting: Promise<void> | undefined;
  #own: Service | undefined;

  /** `signal` ends the attempts to find or start a service, and so the calls that wait for one. */
  constructor(config: Config, env: Env, signal: AbortSignal) {
    this.#config = config;
    this.#env = env;
    this.#signal = signal;
  }

  /**
   * True if the service is in this process. Then this command has to wait until what it started has ended.
   */
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
        // Calls run side by side. The first call that notices the loss looks for the successor; the others
        // use what it found.
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

  /**
   * Finds a running service or starts one of our own, but starts none before `ownFrom` (of the clock
   * performance.now()).
   */
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
          // The patience is counted from here, because installing an engine may have taken minutes.
          heldSince ??= performance.now();
          if (!(error instanceof FolderInUse) || performance.now() > heldSince + patienceMs) throw error;
        }
      }
      await delay(100, this.#signal);
    }
  }

  async #startOwn(): Promise<string> {
    // Loaded only here, because a command that uses a running service needs none of these parts.
    const { ensureEngine } = await import("../ensure-engine.ts");
    const { startService } = await import("../../service.ts");
    const engine = await ensureEngine(this.#config, this.#env, { terminal: process.stderr, signal: this.#signal });
    this.#own = await startService(
      // No pool, as no second session will need it.
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
    // Everything is given here, so that the SDK looks nothing up in the user's AWS settings.
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
