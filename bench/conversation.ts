import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

/** A program that answers each line of JSON with a line of JSON. */
export class Conversation {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  constructor(program: string, args: readonly string[], env: NodeJS.ProcessEnv) {
    this.#child = spawn(program, args, { env, stdio: ["pipe", "pipe", "ignore"] });
    if (!this.#child.stdout) throw new Error("A piped process has an output");
    this.#lines = createInterface(this.#child.stdout)[Symbol.asyncIterator]();
  }

  async next<T>(): Promise<T> {
    const line = await this.#lines.next();
    if (line.done) throw new Error(`${this.#child.spawnargs.join(" ")} has ended`);
    return JSON.parse(line.value) as T;
  }

  ask<T>(question: unknown): Promise<T> {
    this.#child.stdin?.write(`${JSON.stringify(question)}\n`);
    return this.next<T>();
  }

  async end(): Promise<void> {
    const exited = once(this.#child, "exit");
    this.#child.stdin?.end();
    if (this.#child.exitCode === null && this.#child.signalCode === null) await exited;
  }
}
