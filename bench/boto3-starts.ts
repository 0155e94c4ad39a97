import { join } from "node:path";
import { testTool } from "../test/support/tools/tools.ts";
import { Conversation } from "./conversation.ts";

export interface Started {
  readonly id: string;
  readonly ms: number;
  /** StartSession's own answer was IDLE. */
  readonly hit: boolean;
}

/** A user of stock boto3, in a process of its own. */
export class Boto3Starts implements AsyncDisposable {
  readonly #client: Conversation;

  constructor(server: { env: NodeJS.ProcessEnv }) {
    this.#client = new Conversation(testTool("python"), [join(import.meta.dirname, "clients/starts.py")], server.env);
  }

  /** So many at once. */
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
