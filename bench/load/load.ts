// The load, in a process of its own. It writes the same bytes again and again on many connections, and takes
// the times. It does next to nothing per request, so that on a machine of two cores the server is what is
// measured.
import { connect } from "node:net";

export interface LoadOrder {
  readonly port: number;
  /** The bytes of a whole request. */
  readonly request: string;
  readonly connections: number;
  readonly seconds: number;
}

export interface LoadResult {
  readonly requestsPerSecond: number;
  /** The latencies of all requests, in milliseconds. */
  readonly latenciesMs: number[];
}

process.once("message", (order: LoadOrder) => {
  run(order).then(
    (result) => process.send?.({ result }, () => process.disconnect()),
    (error: unknown) => process.send?.({ failure: String(error) }, () => process.disconnect()),
  );
});

async function run({ port, request, connections, seconds }: LoadOrder): Promise<LoadResult> {
  const latenciesMs: number[] = [];
  const began = performance.now();
  const until = began + seconds * 1000;
  const one = () => drive(port, Buffer.from(request, "latin1"), until, latenciesMs);
  await Promise.all(Array.from({ length: connections }, one));
  return { requestsPerSecond: (latenciesMs.length * 1000) / (performance.now() - began), latenciesMs };
}

/** One connection. It sends the next request when the answer to the last one is whole. */
function drive(port: number, request: Buffer, until: number, latenciesMs: number[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1").setNoDelay(true);
    let sentAt = 0;
    let wanted = 0;
    let received = 0;
    const send = () => {
      received = 0;
      sentAt = performance.now();
      socket.write(request);
    };
    socket.on("connect", send);
    socket.on("data", (chunk) => {
      // All answers have the same length, so the head of the first answer tells where each one ends.
      if (wanted === 0) wanted = lengthOf(chunk.toString("latin1"));
      received += chunk.length;
      if (received < wanted) return;
      const now = performance.now();
      latenciesMs.push(now - sentAt);
      if (now < until) send();
      else socket.end(resolve);
    });
    socket.on("error", reject);
    socket.on("close", () => reject(new Error("The server closed a connection")));
  });
}

function lengthOf(answer: string): number {
  if (!answer.startsWith("HTTP/1.1 200 ")) throw new Error(`Not a good answer: ${answer.slice(0, 300)}`);
  const head = answer.indexOf("\r\n\r\n");
  const body = /\r\ncontent-length: (\d+)/i.exec(answer)?.[1];
  if (head < 0 || body === undefined) throw new Error(`An answer without a length: ${answer.slice(0, 300)}`);
  return head + 4 + Number(body);
}
