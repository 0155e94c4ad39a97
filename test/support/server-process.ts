// A server for tests that kill it. It is loaded ahead of time, starts on command, and can be ended by any
// signal at any moment.
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { glauxEnvironment, testNode } from "./server.ts";

export interface Holdings {
  /** Memory in use in bytes, without garbage. */
  readonly liveBytes: number;
  /** The names of what keeps the event loop alive: timers, sockets, … */
  readonly resources: readonly string[];
}

export class ServerProcess {
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;
  #output = "";
  #isKilled = false;

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.#exited = once(child, "exit");
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding("utf8").on("data", (text: string) => (this.#output += text));
    child.stdin?.on("error", () => undefined); // the process was killed before it was told to start
  }

  /** Begins to load the service. Nothing touches the data folder before `begin`. */
  static load(home: string, settings: NodeJS.ProcessEnv): ServerProcess {
    const child = spawn(testNode, ["--expose-gc", join(import.meta.dirname, "serve-on-command.ts")], {
      cwd: tmpdir(),
      env: glauxEnvironment(home, settings),
      stdio: "pipe",
    });
    return new ServerProcess(child);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Whether a signal was sent that ends the process. */
  get isKilled(): boolean {
    return this.#isKilled;
  }

  get hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  get exitCode(): number | null {
    return this.#child.exitCode;
  }

  /** What the process has printed. */
  get output(): string {
    return this.#output;
  }

  /**
   * Resolves when the service is loaded, so that `begin` would start it at once, or when the process has
   * ended.
   */
  async loaded(): Promise<void> {
    await this.#said(/^loaded$/m, 0);
  }

  /**
   * Starts the service. Resolves to its address when it accepts requests, or to undefined if the process ends
   * before that.
   */
  async begin(): Promise<string | undefined> {
    this.#child.stdin?.write("\n");
    return (await this.#said(/^http:.*$/m, 0))?.[0];
  }

  signal(signal: NodeJS.Signals): void {
    if (signal === "SIGKILL" || signal === "SIGINT" || signal === "SIGTERM") this.#isKilled = true;
    this.#child.kill(signal);
  }

  /** Ends the process by a signal, and waits for its end. */
  async end(signal: "SIGKILL" | "SIGINT" | "SIGTERM"): Promise<void> {
    this.signal(signal);
    await this.#exited;
  }

  /**
   * The resources that the process holds; undefined if it has ended. Only one call may be pending at a time.
   */
  async holdings(): Promise<Holdings | undefined> {
    const from = this.#output.length;
    this.#child.kill("SIGUSR2");
    const answer = await this.#said(/^holds (.*)$/m, from);
    return answer && (JSON.parse(answer[1] ?? "") as Holdings);
  }

  async #said(pattern: RegExp, from: number): Promise<RegExpExecArray | undefined> {
    for (;;) {
      const found = pattern.exec(this.#output.slice(from));
      if (found && this.#output.includes("\n", from + found.index)) return found;
      if (this.hasEnded || !this.#child.stdout) return undefined;
      await Promise.race([once(this.#child.stdout, "data"), this.#exited]);
    }
  }
}
