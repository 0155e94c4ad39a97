import { connect, type Socket } from "node:net";
import { once } from "node:events";

export interface Answer {
  readonly status: number;
  readonly head: string;
  readonly body: string;
}

/** One connection. It reads answers as HTTP frames them. */
export class Connection {
  readonly #socket: Socket;
  readonly #isHead: boolean[];
  #received = Buffer.alloc(0);
  #isClosed = false;

  private constructor(socket: Socket) {
    this.#socket = socket;
    this.#isHead = [];
    socket.on("data", (chunk) => (this.#received = Buffer.concat([this.#received, chunk])));
    socket.on("error", () => undefined);
    socket.on("close", () => (this.#isClosed = true));
  }

  static async open(port: number): Promise<Connection> {
    const socket = connect(port, "127.0.0.1").setNoDelay(true);
    await once(socket, "connect");
    return new Connection(socket);
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Answers to HEAD have no body, whatever their head says. */
  send(bytes: Buffer, methods: readonly string[]): void {
    this.#isHead.push(...methods.map((method) => method === "HEAD"));
    this.#socket.write(bytes);
  }

  /** The next answer. Undefined if the connection ends, or if no answer comes within the time. */
  async answer(withinMs: number): Promise<Answer | undefined> {
    const late = AbortSignal.timeout(withinMs);
    for (;;) {
      const found = this.#take();
      if (found !== undefined || this.#isClosed || late.aborted) return found;
      await this.#change(late);
    }
  }

  /**
   * Sends the end of the stream and waits for the other side to end too. False if it does not end within the
   * time.
   */
  async finish(withinMs: number): Promise<boolean> {
    this.#socket.end();
    const late = AbortSignal.timeout(withinMs);
    while (!this.#isClosed && !late.aborted) await this.#change(late);
    return this.#isClosed;
  }

  destroy(): void {
    this.#socket.destroy();
  }

  async #change(late: AbortSignal): Promise<void> {
    const done = new AbortController();
    const signal = AbortSignal.any([late, done.signal]);
    const events = ["data", "close"].map((event) => once(this.#socket, event, { signal }));
    await Promise.race(events).catch(() => undefined);
    done.abort();
    await Promise.allSettled(events);
  }

  #take(): Answer | undefined {
    const end = this.#received.indexOf("\r\n\r\n");
    if (end < 0) return undefined;
    const head = this.#received.toString("latin1", 0, end);
    const length = this.#isHead[0] === true ? 0 : bodyLength(head, this.#received.subarray(end + 4));
    if (length === undefined || this.#received.length < end + 4 + length) return undefined;
    const body = this.#received.toString("utf8", end + 4, end + 4 + length);
    this.#received = this.#received.subarray(end + 4 + length);
    this.#isHead.shift();
    return { status: Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1]), head, body };
  }
}

function bodyLength(head: string, rest: Buffer): number | undefined {
  const length = /^content-length: (\d+)/im.exec(head)?.[1];
  if (length !== undefined) return Number(length);
  if (!/^transfer-encoding: chunked/im.test(head)) return 0;
  const last = rest.indexOf("0\r\n\r\n");
  return last < 0 ? undefined : last + 5;
}
