import { Agent } from "node:http";
import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { bytesOf, RawConnection, send, signed, startFrontEnd } from "./front-end-server.ts";

function held() {
  const started = Promise.withResolvers<undefined>();
  const release = Promise.withResolvers<object>();
  const handler = () => {
    started.resolve(undefined);
    return release.promise;
  };
  return { started: started.promise, release: release.resolve, handler };
}

test("requests in flight are answered, and told to close; idle connections end; nobody new gets in", async () => {
  const { started, release, handler } = held();
  await using server = await startFrontEnd({ operations: { GetSessionStatus: handler } });
  using idle = await RawConnection.open(server.port);
  idle.socket.write(bytesOf(server.port, { method: "GET", path: "/-/health" }));
  await idle.take(/fine$/);
  using agent = new KeepAlive();
  const inFlight = send(server.port, signed(server.port), agent.agent);
  await started;

  const drained = server.server.drain(5_000);
  expect(await idle.rest()).toBe("");
  await expect(RawConnection.open(server.port)).rejects.toThrow("ECONNREFUSED");
  release({});
  expect((await inFlight).status).toBe(200);
  const before = performance.now();
  await drained;
  expect(performance.now() - before).toBeLessThan(1_000);
});

test("the answer to a request that came before the drain says Connection: close", async () => {
  const { started, release, handler } = held();
  await using server = await startFrontEnd({ operations: { GetSessionStatus: handler } });
  using connection = await RawConnection.open(server.port);
  connection.socket.write(bytesOf(server.port, signed(server.port)));
  await started;
  const drained = server.server.drain(5_000);
  release({});
  const all = await connection.rest();
  expect(all).toMatch(/^HTTP\/1\.1 200/);
  expect(all).toMatch(/connection: close/i);
  await drained;
});

test("an answer half sent when the drain begins is sent to its end", async () => {
  const body = new PassThrough();
  await using server = await startFrontEnd({ internal: () => Promise.resolve({ status: 200, headers: {}, body }) });
  using connection = await RawConnection.open(server.port);
  connection.socket.write(bytesOf(server.port, { method: "GET", path: "/-/slow" }));
  body.write("beginning");
  await connection.take(/beginning/);
  const drained = server.server.drain(5_000);
  body.end("end");
  expect(await connection.rest()).toContain("end");
  await drained;
});

test("what does not end in time is cut", async () => {
  const { started, handler } = held();
  await using server = await startFrontEnd({ operations: { GetSessionStatus: handler } });
  const inFlight = send(server.port, signed(server.port));
  const outcome = expect(inFlight).rejects.toThrow("socket hang up");
  await started;
  const before = performance.now();
  await server.server.drain(100);
  expect(performance.now() - before).toBeLessThan(1_000);
  await outcome;
});

test("draining twice, or before listening, is no error", async () => {
  await using server = await startFrontEnd();
  await Promise.all([server.server.drain(100), server.server.drain(100)]);
  await server.server.drain(100);
});

class KeepAlive implements Disposable {
  readonly agent = new Agent({ keepAlive: true });
  [Symbol.dispose](): void {
    this.agent.destroy();
  }
}
