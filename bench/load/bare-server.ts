// A bare node:http server in a process of its own. It reads each request to its end and answers the bytes
// that it was given.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

const answer = JSON.parse(process.argv[2] ?? "{}") as { headers: Record<string, string>; body: string };
const server = createServer((request, response) => {
  request.resume().on("end", () => {
    response.writeHead(200, answer.headers).end(answer.body);
  });
});
server.listen(0, "127.0.0.1", () => process.send?.((server.address() as AddressInfo).port));
process.on("disconnect", () => {
  server.close();
  server.closeAllConnections();
});
