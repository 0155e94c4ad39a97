import { join } from "node:path";
import { ensureToolsVenv } from "../scripts/test/tools-venv.ts";
import { testTool } from "../test/support/tools/tools.ts";
import { Conversation } from "./conversation.ts";

export interface Started {
  readonly id: string;
  readonly ms: number;
  /** True if StartSession's own answer was IDLE. */
  readonly hit: boolean;
}

/** A user of stock boto3, in a process of its own. */
export class Boto3Starts implements AsyncDisposable {
  readonly #client: Conversation;

  private constructor(client: Conversation) {
    this.#client = client;
  }

  /** boto3 is installed if it is missing. */
  static async connect(server: { env: NodeJS.ProcessEnv }): Promise<Boto3Starts> {
    await ensureToolsVenv();
    const script = join(import.meta.dirname, "clients/starts.py");
    return new Boto3Starts(new Conversation(testTool("python"), [script], server.env));
  }

  /** Starts this many sessions at once. */
  start(atOnce: number, properties: Record<string, string> = {}): Promise<Started[]> {
    return this.#client.ask({ start: atOnce, properties });
  }

  async end(sessions: readonly Started[]): Promise<void> {
    await this.#client.ask({ end: sessions.map(({ id }) => id) });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#client.end();
  }
}
