import { readConfig, type Config } from "../config/config.ts";
import { inheritedBySessions } from "../config/env.ts";
import { startService, type Service } from "../service.ts";
import { ensureEngine, ensurePacked } from "./ensure-engine.ts";
import { Interrupted } from "./failure.ts";
import { explainListen, requireFreePort } from "./port.ts";
import { aborted, watchSignals, type Signals } from "./signals.ts";
import { collectStartGarbage } from "./start-garbage.ts";
import { welcome } from "./welcome.ts";

type Env = Readonly<Record<string, string | undefined>>;

/**
 * `glaux serve`: runs the service until a signal ends it. SIGINT ends the service with all its sessions.
 * SIGTERM leaves the sessions running for the next start, or ends them too if GLAUX_SESSIONS_AT_SIGTERM says
 * so. A second signal ends the process at once. SIGHUP without a terminal opens the log anew.
 */
export async function serve(env: Env): Promise<number> {
  const config = readConfig(env);
  const running: { service?: Service } = {};
  using signals = watchSignals({
    onSecond: () => say("Ended at once, without waiting for sessions to end."),
    // With a terminal, SIGHUP means that the terminal was closed. Without one, it is logrotate's signal.
    onHangUp: hasTerminal() ? undefined : () => running.service?.reopenLog(),
  });
  const options = {
    terminal: process.stdout,
    signal: signals.abort,
    // A port that is in use is better reported now than after an install of minutes.
    beforeInstall: () => requireFreePort(config.listen),
  };
  const engine = await ensureEngine(config, env, options);
  await ensurePacked(engine, config, env, options);
  const service = await open({ ...config, defaultEngine: engine.id }, env, signals);
  running.service = service;
  say(welcome(config, env, service.endpoint, engine));
  collectStartGarbage();
  await aborted(signals.abort);
  await stop(service, signals, config);
  return 0;
}

async function open(config: Config, env: Env, signals: Signals): Promise<Service> {
  try {
    const service = await startService(config, inheritedBySessions(env));
    if (signals.received === undefined) return service;
    await stop(service, signals, config);
    throw new Interrupted(signals.received);
  } catch (error) {
    throw await explainListen(error, config.listen);
  }
}

async function stop(service: Service, signals: Signals, { sessionsAtSigterm }: Config): Promise<void> {
  const endSessions = signals.received === "SIGINT" || sessionsAtSigterm === "end";
  say(
    endSessions
      ? "\nEnding the service and its sessions (Ctrl-C once more ends it at once) …"
      : "Ending the service; sessions go on, and the next start takes them over …",
  );
  await service.stop({ endSessions });
  say("Ended.");
}

function hasTerminal(): boolean {
  return [process.stdin, process.stdout].some(({ isTTY }) => isTTY);
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
