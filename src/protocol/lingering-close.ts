import type { Socket } from "node:net";

/** How many bytes a client may still send after it was refused. */
const lingerBytes = 64 * 1024 * 1024;

/**
 * Ends a connection in such a way that its client can read the answer that is on its way. If the server
 * closed the connection while the client still sends, the operating system would reset it, and a reset makes
 * the client lose what it has not read yet. So the server first closes only its own direction of the
 * connection. What the client still sends is thrown away until the client closes its direction, too, or has
 * sent more than `lingerBytes`. After that the server reads nothing more, so that a client that is blocked in
 * sending can turn to reading. After `lingerMs` the connection is cut.
 */
export function closeLingering(socket: Socket, lingerMs: number): void {
  // Node calls `destroySoon` after the last answer of a connection.
  socket.destroySoon = () => {
    socket.end();
    const timer = setTimeout(() => socket.destroy(), lingerMs);
    socket.once("close", () => {
      clearTimeout(timer);
    });
    // A paused socket has to be resumed by Node's own listeners, and Node removes them once anybody else
    // reads. So in that case throwing away begins after the resume.
    if (socket.isPaused()) socket.once("resume", () => throwAway(socket)).resume();
    else throwAway(socket);
  };
}

function throwAway(socket: Socket): void {
  let leftBytes = lingerBytes;
  // These listeners are Node's. They would take what the client still sends for its next request.
  const readers = socket.listeners("data") as (() => void)[];
  socket.on("data", (chunk: Buffer) => {
    leftBytes -= chunk.length;
    if (leftBytes < 0) socket.pause();
  });
  for (const reader of readers) socket.off("data", reader);
}
