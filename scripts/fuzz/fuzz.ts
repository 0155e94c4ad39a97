// Sends requests that a seed decides, and watches the server: no 5xx, no connection dropped if the request is
// valid HTTP, no growing memory.
import { setTimeout as sleep } from "node:timers/promises";
import { startEnginelessServer, type EnginelessServer } from "../../test/support/engineless-server.ts";
import { keyOf, signedCalls } from "../../test/support/signed-calls.ts";
import { Connection, type Answer } from "./connection.ts";
import { fuzzRequest, type FuzzRequest, type Target } from "./requests.ts";

export interface FuzzOptions {
  readonly requests: number;
  readonly seed: number;
  readonly progress?: (sent: number) => void;
}

export interface Failure {
  /** `npm run fuzz -- --requests 1 --seed <seed>` sends this request again. */
  readonly seed: number;
  readonly what: string;
  /** The beginning of what was sent. */
  readonly sent: string;
}

export interface FuzzReport {
  readonly requests: number;
  readonly seconds: number;
  readonly statuses: ReadonlyMap<number, number>;
  /** How many requests were not valid HTTP. After these only the server's health is checked. */
  readonly broken: number;
  readonly failures: readonly Failure[];
  /**
   * The server's live memory in MB, without garbage: when a quarter of the requests had been sent, and at the
   * end.
   */
  readonly liveMb: { readonly before: number; readonly after: number };
}

const connections = 16;
const patienceMs = 15_000;
const maxFailures = 20;
/**
 * Caches fill, and tables grow by what was stored. A leak of 1 KB a request is more than this in a run of
 * 20,000.
 */
const maxGrowthMb = 8;

export async function fuzz({ requests, seed, progress }: FuzzOptions): Promise<FuzzReport> {
  await using server = await startEnginelessServer();
  using calls = signedCalls(server);
  await calls.post("CreateWorkGroup", '{"Name":"spare"}');
  const target: Target = { host: new URL(server.endpoint).host, key: keyOf(server.home) };
  const began = performance.now();
  const statuses = new Map<number, number>();
  const failures: Failure[] = [];
  let sent = 0;
  let broken = 0;
  let before = server.liveBytes();

  async function work(): Promise<void> {
    let connection: Connection | undefined;
    while (sent < requests && failures.length < maxFailures) {
      const own = seed + sent++;
      if (sent === Math.ceil(requests / 4)) before = server.liveBytes();
      if (sent % 1000 === 0) progress?.(sent);
      const request = fuzzRequest(own, target);
      if (request.methods === "broken") broken++;
      if (connection === undefined || connection.isClosed) connection = await Connection.open(port);
      const outcome = await exchange(connection, request);
      for (const { status } of outcome.answers) statuses.set(status, (statuses.get(status) ?? 0) + 1);
      if (outcome.what !== undefined)
        failures.push({ seed: own, what: outcome.what, sent: request.bytes.toString("latin1", 0, 2000) });
      if (outcome.isOver) {
        connection.destroy();
        connection = undefined;
      }
    }
    connection?.destroy();
  }
  const port = Number(new URL(server.endpoint).port);
  await Promise.all(Array.from({ length: connections }, work));
  const health = await healthOf(server);
  if (health !== undefined) failures.push({ seed, what: health, sent: "" });
  const liveMb = { before: megabytes(await before), after: await settledMb(server, megabytes(await before)) };
  if (!(liveMb.after <= liveMb.before + maxGrowthMb))
    failures.push({ seed, what: `memory grew: ${JSON.stringify(liveMb)} MB`, sent: "" });
  return {
    requests: sent,
    seconds: (performance.now() - began) / 1000,
    statuses,
    broken,
    failures,
    liveMb,
  };
}

/**
 * The live memory when the last connections are gone. Buffers of closing sockets are freed a little later; a
 * leak is not.
 */
async function settledMb(server: EnginelessServer, beforeMb: number): Promise<number> {
  for (let tries = 20; ; tries--) {
    const mb = megabytes(await server.liveBytes());
    if (mb <= beforeMb + maxGrowthMb || tries === 0 || server.hasEnded()) return mb;
    await sleep(250);
  }
}

const megabytes = (bytes: number) => Math.round(bytes / 2 ** 20);

interface Outcome {
  readonly answers: readonly Answer[];
  /** The fault, if there is one. */
  readonly what: string | undefined;
  /** True if the connection cannot be used again. */
  readonly isOver: boolean;
}

async function exchange(connection: Connection, { bytes, methods }: FuzzRequest): Promise<Outcome> {
  const answers: Answer[] = [];
  connection.send(bytes, methods === "broken" ? [] : methods);
  if (methods === "broken") {
    const isEnded = await connection.finish(patienceMs);
    for (let one = await connection.answer(0); one !== undefined; one = await connection.answer(0)) answers.push(one);
    return { answers, what: isEnded ? faultIn(answers) : "the connection was left open", isOver: true };
  }
  while (answers.length < methods.length) {
    const one = await connection.answer(patienceMs);
    if (one === undefined) {
      const why = connection.isClosed ? "the connection was dropped" : "no answer came";
      return { answers, what: why, isOver: true };
    }
    answers.push(one);
    if (/^connection: close/im.test(one.head)) {
      const what = "the server ended the connection after a request that was whole";
      return { answers, what: faultIn(answers) ?? what, isOver: true };
    }
  }
  return { answers, what: faultIn(answers), isOver: false };
}

/** The first answer that is a fault. A 501 of S3's NotImplemented is none, by S3's own rules. */
function faultIn(answers: readonly Answer[]): string | undefined {
  const fault = answers.find(
    ({ status, body, head }) =>
      !(status >= 200 && status < 500) &&
      !(status === 501 && (body.includes("<Code>NotImplemented</Code>") || /x-amz-request-id/i.test(head))),
  );
  return fault && `${fault.head.split("\r\n")[0] ?? ""} ${fault.body.slice(0, 500)}`;
}

async function healthOf(server: EnginelessServer): Promise<string | undefined> {
  if (server.hasEnded()) return `the server ended:\n${server.log().slice(-2000)}`;
  using calls = signedCalls(server);
  const { status, body } = await calls.post("ListWorkGroups", "{}");
  return status === 200 ? undefined : `afterwards ListWorkGroups is answered: ${String(status)} ${body}`;
}
