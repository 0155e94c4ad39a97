import { readConfig } from "../config/config.ts";
import { delay } from "../lib/delay.ts";
import { glauxCommand } from "./command-line.ts";
import {
  calculationEnd,
  outputUris,
  startCalculation,
  stopCalculation,
  type CalculationEnd,
} from "./run/calculation.ts";
import { OutputClosed, Screen } from "./run/screen.ts";
import { readScript, type Script } from "./run/script.ts";
import { ServiceLink } from "./run/service-link.ts";
import { endSession, sessionReady, startSession } from "./run/session.ts";
import { showOutput } from "./run/show-output.ts";
import { showProgress } from "./run/show-progress.ts";
import { aborted, watchSignals } from "./signals.ts";

type Env = Readonly<Record<string, string | undefined>>;

export interface RunOptions {
  code?: string;
  session?: string;
  keep?: boolean;
  workGroup: string;
  conf: Record<string, string>;
  idleTimeout?: number;
}

/**
 * How long a stopped calculation may take to end. After that the session is ended with the calculation in it.
 */
const stopLimitMs = 15_000;

/** The exit code that a shell reports for a program whose output nobody reads any more. */
const brokenPipe = 128 + 13;

/** `glaux run`: returns 0 if the code ran to its end, and 1 if it failed. */
export async function run(env: Env, file: string | undefined, options: RunOptions): Promise<number> {
  const script = await readScript(file, options.code);
  const config = readConfig(env);
  const screen = new Screen(process, env["TERM"]);
  using signals = watchSignals({ onSecond: () => screen.clear() });
  await using link = new ServiceLink(config, env, signals.abort);
  const sessionId = options.session ?? (await begin(link, screen, options, script));
  const isKept = options.session !== undefined || options.keep === true;
  try {
    if (options.keep && options.session === undefined) announce(env, screen, sessionId);
    await waitUntilReady(link, sessionId, screen, signals.abort);
    return await calculate(link, sessionId, script, screen, signals.abort);
  } finally {
    screen.clear();
    // A service of our own ends with this process, so the session's processes must be gone before.
    if (!isKept) {
      await endSession(link, sessionId, { untilGone: link.isOwn }).catch((error: unknown) => {
        screen.note(`glaux: session ${sessionId} could not be ended: ${String(error)}`);
      });
    }
  }
}

async function begin(link: ServiceLink, screen: Screen, options: RunOptions, { name }: Script): Promise<string> {
  screen.show(["Starting a session ..."]);
  return startSession(link, {
    workGroup: options.workGroup,
    conf: options.conf,
    idleTimeoutMinutes: options.idleTimeout,
    description: `glaux run ${name}`.slice(0, 1024),
  });
}

async function waitUntilReady(
  link: ServiceLink,
  sessionId: string,
  screen: Screen,
  signal: AbortSignal,
): Promise<void> {
  const startedAt = performance.now();
  const timer = setInterval(() => {
    screen.show([`Waiting for the session ... ${((performance.now() - startedAt) / 1000).toFixed(1)} s`]);
  }, 200);
  try {
    await sessionReady(link, sessionId, signal);
  } finally {
    clearInterval(timer);
    screen.clear();
  }
}

async function calculate(
  link: ServiceLink,
  sessionId: string,
  script: Script,
  screen: Screen,
  signal: AbortSignal,
): Promise<number> {
  signal.throwIfAborted();
  const id = await startCalculation(link, sessionId, script);
  const uris = await outputUris(link, id);
  const end = calculationEnd(link, id);
  const over = new AbortController();
  const stopping = stopAtSignal(link, id, end, signal, over.signal, screen);
  const progress = showProgress(link, id, screen, over.signal);
  try {
    const { stderrTail } = await Promise.race([showOutput(link, uris, screen, end), stopping]);
    const { state, reason } = await end;
    signal.throwIfAborted();
    if (state === "COMPLETED") return 0;
    // A failure outside the code may be told by the reason only.
    if (reason !== undefined && !stderrTail.includes(reason.slice(0, 60)))
      screen.note(`glaux: the calculation is ${state}: ${reason}`);
    return 1;
  } catch (error) {
    if (!(error instanceof OutputClosed)) throw error;
    await stopCalculation(link, id);
    return brokenPipe;
  } finally {
    over.abort();
    await progress;
  }
}

/**
 * Stops the calculation when the signal fires. Never resolves; rejects if the calculation does not end in
 * time.
 */
async function stopAtSignal(
  link: ServiceLink,
  id: string,
  end: Promise<CalculationEnd>,
  signal: AbortSignal,
  over: AbortSignal,
  screen: Screen,
): Promise<never> {
  const never = new Promise<never>(() => undefined);
  const isStopped = await Promise.race([aborted(signal).then(() => true), aborted(over).then(() => false)]);
  if (!isStopped) return never;
  screen.note("Stopping the calculation ...");
  await stopCalculation(link, id);
  const isOverdue = await Promise.race([end.then(() => false), delay(stopLimitMs, over)]);
  if (!isOverdue) return never;
  throw signal.reason;
}

function announce(env: Env, screen: Screen, sessionId: string): void {
  screen.note(`Session ${sessionId} is kept. Use it with: ${glauxCommand(env, `run --session ${sessionId} FILE`)}`);
}
