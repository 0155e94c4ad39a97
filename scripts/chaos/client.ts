import {
  AthenaClient,
  GetCalculationExecutionCommand,
  GetSessionCommand,
  ListSessionsCommand,
  StartCalculationExecutionCommand,
  StartSessionCommand,
  StopCalculationExecutionCommand,
  TerminateSessionCommand,
  type GetCalculationExecutionCommandOutput,
  type GetSessionCommandOutput,
  type SessionState,
  type SessionSummary,
} from "@aws-sdk/client-athena";
import { GetObjectCommand, S3Client } from "@aws-sdk/client-s3";
import type { ServerProcess } from "../../test/support/server-process.ts";
import { keyOf } from "../../test/support/signed-calls.ts";
import type { CalculationEntry, SessionEntry } from "./ledger.ts";
import { Violation } from "./violation.ts";

/**
 * The outcome of a request. `refused`: a server answered with an error. `lost`: the server was killed before
 * it answered, or the client hung up, so nobody knows whether the request was carried out.
 */
export type Outcome<T> = { readonly answer: T } | { readonly refused: string } | { readonly lost: true };

/**
 * The AWS SDK against one server, without retries. An error that a killed server does not explain (a 5xx, a
 * dropped connection) is a violation.
 */
export class Client implements Disposable {
  readonly #server: ServerProcess;
  readonly #athena: AthenaClient;
  readonly #s3: S3Client;

  constructor(server: ServerProcess, endpoint: string, home: string) {
    this.#server = server;
    const config = {
      endpoint,
      region: "us-east-1",
      credentials: keyOf(home),
      maxAttempts: 1,
      requestHandler: { requestTimeout: 60_000, throwOnRequestTimeout: true },
    };
    this.#athena = new AthenaClient(config);
    this.#s3 = new S3Client({ ...config, forcePathStyle: true });
  }

  /** If `signal` fires, the client hangs up. */
  startSession({ name, token }: SessionEntry, signal?: AbortSignal): Promise<Outcome<string>> {
    const command = new StartSessionCommand({
      WorkGroup: "primary",
      Description: name,
      ClientRequestToken: token,
      EngineConfiguration: {},
    });
    return this.#outcome(async () => (await this.#athena.send(command, until(signal))).SessionId ?? "");
  }

  startCalculation({ session, code, token }: CalculationEntry, signal?: AbortSignal): Promise<Outcome<string>> {
    const command = new StartCalculationExecutionCommand({
      SessionId: session.id,
      CodeBlock: code,
      ClientRequestToken: token,
    });
    return this.#outcome(async () => (await this.#athena.send(command, until(signal))).CalculationExecutionId ?? "");
  }

  stop(calculationId: string): Promise<Outcome<string>> {
    const command = new StopCalculationExecutionCommand({ CalculationExecutionId: calculationId });
    return this.#outcome(async () => (await this.#athena.send(command)).State ?? "");
  }

  terminate(sessionId: string): Promise<Outcome<string>> {
    const command = new TerminateSessionCommand({ SessionId: sessionId });
    return this.#outcome(async () => (await this.#athena.send(command)).State ?? "");
  }

  session(id: string): Promise<Outcome<GetSessionCommandOutput>> {
    return this.#outcome(() => this.#athena.send(new GetSessionCommand({ SessionId: id })));
  }

  calculation(id: string): Promise<Outcome<GetCalculationExecutionCommandOutput>> {
    return this.#outcome(() => this.#athena.send(new GetCalculationExecutionCommand({ CalculationExecutionId: id })));
  }

  /** The sessions, newest first: all of them, or only those of the first page. */
  async sessionsIn(state: SessionState, pages: "all" | "first"): Promise<SessionSummary[]> {
    const found: SessionSummary[] = [];
    let next: string | undefined;
    do {
      const command = new ListSessionsCommand({
        WorkGroup: "primary",
        StateFilter: state,
        MaxResults: 100,
        NextToken: next,
      });
      const page = granted(await this.#outcome(() => this.#athena.send(command)));
      found.push(...(page.Sessions ?? []));
      next = page.NextToken;
    } while (next !== undefined && pages === "all");
    return found;
  }

  /** The object at an `s3://` URI. */
  text(uri: string): Promise<Outcome<string>> {
    const { hostname, pathname } = new URL(uri);
    const command = new GetObjectCommand({ Bucket: hostname, Key: pathname.slice(1) });
    return this.#outcome(async () => (await this.#s3.send(command)).Body?.transformToString() ?? "");
  }

  [Symbol.dispose](): void {
    this.#athena.destroy();
    this.#s3.destroy();
  }

  async #outcome<T>(call: () => Promise<T>): Promise<Outcome<T>> {
    try {
      return { answer: await call() };
    } catch (error) {
      const { name, message, $metadata } = error as Error & { $metadata?: { httpStatusCode?: number } };
      const status = $metadata?.httpStatusCode ?? 0;
      if (status >= 400 && status < 500) return { refused: `${name}: ${message}` };
      if (this.#server.isKilled || name === "AbortError") return { lost: true };
      throw new Violation(`a server that was not killed answered with status ${String(status)}: ${String(error)}`);
    }
  }
}

const until = (signal: AbortSignal | undefined) => (signal ? { abortSignal: signal } : {});

/** The answer of a call that a living server must not refuse. */
export function granted<T>(outcome: Outcome<T>): T {
  if ("answer" in outcome) return outcome.answer;
  throw new Violation("refused" in outcome ? `refused: ${outcome.refused}` : "the server ended");
}
