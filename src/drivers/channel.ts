import type { Duplex } from "node:stream";
import { linesOf } from "./lines.ts";
import { parseDriverLine, protocolVersion, type DriverMessage, type ServerMessage } from "./messages.ts";

/** One connection to a supervisor. Ends when either side closes it; a supervisor that does not say `welcome` is the caller's to give up. */
export interface Channel {
  send(message: ServerMessage): void;
  /** Every message, in order, until the connection ends. */
  readonly messages: AsyncIterable<DriverMessage>;
  close(): void;
}

/** Says hello on a connection that is open. `onUnreadable` gets the lines that are no message at all. */
export function openChannel(
  socket: Duplex,
  hello: { token: string; from: number },
  onUnreadable: (line: string) => void,
): Channel {
  socket.on("error", () => undefined); // `messages` ends, which is all that the caller needs to know
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
    // Broken: ended, like any other end.
  }
}
