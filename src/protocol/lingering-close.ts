import type { Socket } from "node:net";

/** What a client may still send after it was refused. */
const lingerBytes = 64 * 1024 * 1024;

/**
 * Has a connection end in a way that its client can read the answer that is on its way. Were the connection
 * closed while the client still sends, the system would reset it, and a client loses with a reset what it has
 * not read yet. So the connection is closed in one direction first; what comes is thrown away until the
 * client ends it, too, or has sent too much. Then nothing is read any more, so that a client that is blocked
 * can read. After `lingerMs` the connection is cut.
 */
export function closeLingering(socket: Socket, lingerMs: number): void {
  // Node calls this after the last answer of a connection.
  socket.destroySoon = () => {
    socket.end();
    const timer = setTimeout(() => socket.destroy(), lingerMs);
    socket.once("close", () => {
      clearTimeout(timer);
    });
    // A socket that rests has to be woken by Node's own listeners, which are gone once anybody else reads.
    if (socket.isPaused()) socket.once("resume", () => throwAway(socket)).resume();
    else throwAway(socket);
  };
}

function throwAway(socket: Socket): void {
  let leftBytes = lingerBytes;
  // These are Node's, which would take what comes for the next request.
  const readers = socket.listeners("data") as (() => void)[];
  socket.on("data", (chunk: Buffer) => {
    leftBytes -= chunk.length;
    if (leftBytes < 0) socket.pause();
  });
  for (const reader of readers) socket.off("data", reader);
}
