// V8's minor garbage collections, which are frequent and cheap, must be able to free what requests leave
// behind. Dead requests that hold on to each other in a list survive the minor collections until the next
// full collection. Such a list cost a fifth of the server's time under load, and long pauses.
import { once } from "node:events";
import { connect } from "node:net";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { startFrontEnd } from "./front-end-server.ts";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as NodeJS.GCFunction;

const request = "GET /-/health HTTP/1.1\r\nHost: localhost\r\n\r\n";

test("the minor collections take what requests on kept connections leave", async () => {
  await using server = await startFrontEnd();
  const sockets = Array.from({ length: 16 }, () => connect(server.port, "127.0.0.1"));
  const round = () =>
    Promise.all(
      sockets.map(async (socket) => {
        socket.write(request);
        await once(socket, "data");
      }),
    );
  for (let n = 0; n < 250; n++) {
    await round();
    if (n % 10 === 9) collect({ type: "minor" });
  }
  const kept = process.memoryUsage().heapUsed;
  collect();
  const uncollected = kept - process.memoryUsage().heapUsed;
  for (const socket of sockets) socket.destroy();
  expect(uncollected / (250 * sockets.length)).toBeLessThan(1000);
});
