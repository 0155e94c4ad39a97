import type { Duplex } from "node:stream";
import { finished } from "node:stream/promises";
import { protocolVersion } from "../messages.ts";
import type { InnerPort } from "../place.ts";

/**
 * Milliseconds. A supervisor that hangs does not answer. One that works gives up a port that it cannot open
 * within 5 s, and says so.
 */
const answerWithinMs = 10_000;
const longestAnswer = 4_096;

/**
 * Asks the supervisor at the other end of `socket` to forward the bytes of this connection to an inner port
 * (docs/driver-protocol.md, "Inner ports"). All bytes after the supervisor's answer belong to the port. If
 * the supervisor refuses, destroys the stream and rejects with the supervisor's reason.
 */
export async function openInnerPort(socket: Duplex, token: string, port: InnerPort): Promise<Duplex> {
  socket.on("error", () => undefined); // an error ends the stream, and its user is told of the end
  try {
    socket.write(`${JSON.stringify({ type: "open", protocol: protocolVersion, token, port })}\n`);
    const answer = JSON.parse(await firstLine(socket)) as { type?: unknown; reason?: unknown };
    if (answer.type === "opened") return socket;
    throw new Error(typeof answer.reason === "string" ? answer.reason : `The driver did not open its port ${port}`);
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

/** Reads the first line. The bytes after it stay in the stream. */
async function firstLine(socket: Duplex): Promise<string> {
  const signal = AbortSignal.timeout(answerWithinMs);
  const ended = finished(socket, { signal, cleanup: true }).then(() => "ended" as const);
  let line = Buffer.alloc(0);
  for (;;) {
    const chunk = socket.read() as Buffer | null;
    if (chunk) {
      line = Buffer.concat([line, chunk]);
      const end = line.indexOf(0x0a);
      if (end !== -1) {
        ended.catch(() => undefined);
        if (end + 1 < line.length) socket.unshift(line.subarray(end + 1));
        return line.toString("utf8", 0, end);
      }
      if (line.length > longestAnswer) throw new Error("The driver's answer is no line");
      continue;
    }
    const readable = new Promise<"readable">((resolve) => socket.once("readable", () => resolve("readable")));
    if ((await Promise.race([readable, ended])) === "ended") throw new Error("The driver closed the connection");
  }
}
