import { connect, type Socket } from "node:net";
import { createInterface } from "node:readline";
import {
  parseDriverLine,
  protocolVersion,
  type DriverAnswer,
  type DriverEvent,
  type ServerMessage,
} from "./messages.ts";

/** One connection to a supervisor. Ends when either side closes it; a supervisor that does not say `welcome` is the caller's to give up. */
export interface Channel {
  send(message: ServerMessage): void;
  /** Every message, in order, until the connection ends. */
  readonly messages: AsyncIterable<DriverEvent | DriverAnswer>;
  close(): void;
}

/** Connects and says hello; rejects if nobody listens there. */
export async function openChannel(socketPath: string, hello: { token: string; from: number }): Promise<Channel> {
  const socket = await connected(socketPath);
  const send = (message: ServerMessage) => {
    if (socket.writable) socket.write(`${JSON.stringify(message)}\n`);
  };
  send({ type: "hello", protocol: protocolVersion, ...hello });
  return {
    send,
    messages: messagesOf(socket),
    close: () => {
      socket.destroy();
    },
  };
}

function connected(socketPath: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(socketPath, () => {
      socket.off("error", reject);
      socket.on("error", () => undefined); // `messages` ends, which is all that the caller needs to know
      resolve(socket);
    });
    socket.once("error", reject);
  });
}

async function* messagesOf(socket: Socket): AsyncGenerator<DriverEvent | DriverAnswer> {
  const lines = createInterface({ input: socket, crlfDelay: Infinity });
  socket.once("close", () => {
    lines.close(); // the interface does not notice a socket that is destroyed on our side
  });
  try {
    for await (const line of lines) {
      const message = parseDriverLine(line);
      if (message) yield message;
    }
  } catch {
    // Broken: ended, like any other end.
  }
}
