// A Glaux server for tests. It is started as a user starts it, with its own data folder and a free port.
import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { packageFolder, pinnedNode } from "../../bin/run-node.mjs";
import { testEnvironment } from "../../scripts/test/environment.ts";
import { runVariable } from "../../scripts/test/left-behind.ts";

export interface TestServer extends AsyncDisposable {
  /** `http://127.0.0.1:<port>` */
  readonly endpoint: string;
  /** The data folder (GLAUX_HOME). */
  readonly home: string;
  /** The environment for AWS clients and for `glaux`: as after `eval "$(glaux env)"`, and with GLAUX_HOME. */
  readonly env: NodeJS.ProcessEnv;
  readonly pid: number;
  /** What the server has printed so far, standard output and error together. */
  output(): string;
  /**
   * Stops the server and resolves to its exit code when it has ended. SIGINT (the default) ends all its
   * sessions too, SIGTERM ends the server alone. Rejects if a process is left after SIGINT.
   */
  stop(signal?: "SIGINT" | "SIGTERM"): Promise<number>;
  /**
   * Kills the server with SIGKILL. Its sessions live on, and another server on the same folder can adopt
   * them.
   */
  kill(): Promise<void>;
}

export interface ServerOptions {
  /** Further settings, such as `GLAUX_…` variables. */
  env?: NodeJS.ProcessEnv;
  /**
   * A data folder to use, which is kept. By default the server gets a temporary folder, which is removed with
   * the server.
   */
  home?: string;
}

/** Resolves when the server accepts requests. Disposing of the server stops it with SIGINT. */
export async function startServer({ env = {}, home: given }: ServerOptions = {}): Promise<TestServer> {
  const home = given ?? temporaryHome();
  const child = spawn(testNode, [glaux, "serve"], {
    cwd: tmpdir(),
    env: glauxEnvironment(home, { GLAUX_LISTEN: "127.0.0.1:0", ...env }),
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => (output += text));
  const exited = exitOf(child);
  const endpoint = await endpointOf(home, child).catch(async (error: unknown) => {
    child.kill("SIGKILL");
    if (given === undefined) await rm(home, { recursive: true, force: true });
    throw new Error(`The server did not start; it said:\n${output}`, { cause: error });
  });

  const end = async (signal: NodeJS.Signals): Promise<number> => {
    child.kill(signal);
    return exited;
  };
  const stop = async (signal: "SIGINT" | "SIGTERM" = "SIGINT"): Promise<number> => {
    const wasRunning = child.exitCode === null && child.signalCode === null;
    const code = await end(signal);
    if (wasRunning && signal === "SIGINT") await assertNothingLeft(home);
    return code;
  };
  return {
    endpoint,
    home,
    env: glauxEnvironment(home, {
      AWS_CONFIG_FILE: join(home, "aws/config"),
      AWS_SHARED_CREDENTIALS_FILE: join(home, "aws/credentials"),
      AWS_PROFILE: "glaux",
      AWS_REGION: env["GLAUX_REGION"] ?? "us-east-1",
    }),
    pid: child.pid ?? 0,
    output: () => output,
    stop,
    kill: async () => {
      await end("SIGKILL");
    },
    [Symbol.asyncDispose]: async () => {
      await stop();
      if (given !== undefined) return;
      await assertNothingLeft(home);
      await rm(home, { recursive: true, force: true });
    },
  };
}

/** The `glaux` command. Run it with `testNode`. */
export const glaux = join(packageFolder, "bin/glaux.mjs");
export const testNode = pinnedNode() ?? process.execPath;

/**
 * The environment of a user whose data folder is `home`. The pool is turned off, because its drivers would be
 * processes that no test has asked for.
 */
export function glauxEnvironment(home: string, more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  const run = process.env[runVariable];
  return testEnvironment({
    GLAUX_HOME: home,
    GLAUX_POOL_MAX: "0",
    ...(run === undefined ? {} : { [runVariable]: run }),
    ...more,
  });
}

export function temporaryHome(): string {
  return mkdtempSync(join(tmpdir(), "glaux-home-"));
}

/**
 * The processes of sessions or servers on this data folder. The folder's path is in the command line or the
 * environment of each.
 */
export function processesOn(home: string): { pid: number; command: string }[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .map((pid) => ({ pid: Number(pid), command: read(pid, "cmdline"), environment: read(pid, "environ") }))
    .filter(({ command, environment }) => command !== "" && `${command}\0${environment}`.includes(home))
    .map(({ pid, command }) => ({ pid, command: command.replaceAll("\0", " ").slice(0, 200) }));
}

/**
 * Fails if a process of this data folder lives. A killed process gets `graceMs` milliseconds to disappear.
 */
export async function assertNothingLeft(home: string, graceMs = 2_000): Promise<void> {
  const deadline = Date.now() + graceMs;
  let left = processesOn(home);
  while (left.length > 0 && Date.now() < deadline) {
    await sleep(50);
    left = processesOn(home);
  }
  if (left.length === 0) return;
  throw new Error(`Left behind:\n${left.map(({ pid, command }) => `  ${String(pid)} ${command}`).join("\n")}`);
}

async function endpointOf(home: string, child: ChildProcess): Promise<string> {
  const file = join(home, "run/endpoint");
  // A killed server leaves its endpoint file, which the new server replaces. The pid file beside it tells
  // whether the endpoint file is the new server's.
  const isOurs = () => read(join(home, "run/server.pid")).trim() === String(child.pid) && existsSync(file);
  const stale = existsSync(file) ? read(file) : undefined;
  for (;;) {
    if (child.exitCode !== null || child.signalCode !== null) throw new Error("it ended");
    if (isOurs() && (stale === undefined || (await answers(read(file).trim())))) return read(file).trim();
    await sleep(20);
  }
}

async function answers(endpoint: string): Promise<boolean> {
  return fetch(`${endpoint}/-/ready`).then(
    (response) => response.ok,
    () => false,
  );
}

function exitOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => {
      resolve(code ?? (signal === "SIGKILL" ? 137 : 1));
    });
  });
}

function read(path: string, file?: string): string {
  try {
    return readFileSync(file === undefined ? path : `/proc/${path}/${file}`, "utf8");
  } catch {
    return "";
  }
}
