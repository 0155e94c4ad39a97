import type { Duplex } from "node:stream";
import { linesOf } from "./lines.ts";
import { parseDriverLine, protocolVersion, type DriverMessage, type ServerMessage } from "./messages.ts";

/**
 * One connection to a supervisor. The connection ends when either side closes it. The caller must give up on
 * a supervisor that does not say `welcome`.
 */
export interface Channel {
  send(message: ServerMessage): void;
  /** Every message, in order, until the connection ends. */
  readonly messages: AsyncIterable<DriverMessage>;
  close(): void;
}

/**
 * Sends `hello` on a connection that is open. `onUnreadable` is called with each line that is not a message.
 */
export function openChannel(
  socket: Duplex,
  hello: { token: string; from: number },
  onUnreadable: (line: string) => void,
): Channel {
  socket.on("error", () => undefined); // `messages` ends after an error, which is all the caller needs
  const send = (message: ServerMessage) => {
    if (socket.writable) socket.write(`${JSON.stringify(message)}\n`);
  };
  send({ type: "hello", protocol: protocolVersion, ...hello });
  return {
    send,
    messages: messagesOf(socket, onUnreadable),
    close: () => {
      socket.destroy();
    },
  };
}

async function* messagesOf(socket: Duplex, onUnreadable: (line: string) => void): AsyncGenerator<DriverMessage> {
  try {
    for await (const line of linesOf(socket)) {
      const message = parseDriverLine(line);
      if (message) yield message;
      else onUnreadable(line);
    }
  } catch {
    // A broken connection ends the messages, like any other end of the connection.
  }
}
