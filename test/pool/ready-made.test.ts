import { afterEach, beforeEach, expect, test } from "vitest";
import { readyConf } from "../../src/domain/ready-shapes.ts";
import { FakeDrivers } from "../drivers/fake-drivers.ts";
import { PoolServer, tell } from "./pool-server.ts";

let drivers: FakeDrivers;
beforeEach(async () => {
  drivers = await FakeDrivers.open();
});
afterEach(() => drivers[Symbol.asyncDispose]());

const [iceberg, delta] = [readyConf.iceberg, readyConf.delta].map((conf) => Object.keys(conf));

/** A server whose engine has the jars of these formats. */
const serverWithJars = (max: number, formats = ["iceberg", "delta"]) =>
  PoolServer.start(drivers, { bounds: { min: 1, max }, with: formats });
const kinds = (server: PoolServer) => server.pool.status().members.map(({ conf }) => conf);
const bootedLast = (server: PoolServer, count: number) =>
  server
    .said("a pool member boots")
    .slice(-count)
    .map(({ fields }) => fields["conf"]);

test("the default comes first, then what clients of the formats send; such a session has its member at once", async () => {
  await using server = await serverWithJars(3);
  await server.filled(3);
  expect(bootedLast(server, 3)).toEqual([[], iceberg, delta]);
  const session = await server.start(readyConf.delta);
  expect(session.state).toBe("IDLE");
  expect(await server.origin(session)).toEqual({ from: "pool", why: null });
  const close = await server.start({ ...readyConf.iceberg, "spark.sql.catalog.spark_catalog.warehouse": "s3://b/w" });
  expect((await server.origin(close))?.why).toMatch(/^it gets a fresh Spark context for spark\.sql\.catalog/);
});

test("where there is room for one, it is the one that was asked for", async () => {
  await using server = await serverWithJars(2);
  await server.filled(2);
  expect(kinds(server)).toEqual([[], iceberg]);
  const session = await server.start(readyConf.delta);
  expect((await server.origin(session))?.from).toBe("pool");
  await server.until("a member for Delta", () => kinds(server).some((conf) => conf.length === delta?.length));
  await server.filled(2);
  expect(kinds(server).sort((one, other) => one.length - other.length)).toEqual([[], delta]);
});

test("demand takes the place of a ready-made member", async () => {
  await using server = await serverWithJars(2);
  await server.filled(2);
  tell(drivers, "boot", "10");
  await Promise.all([server.start(), server.start()]);
  await server.until(
    "two of the default",
    () => kinds(server).length === 2 && kinds(server).every((conf) => conf.length === 0),
  );
  await server.filled(2);
});

test("without a format's jars no member waits for it", async () => {
  await using server = await serverWithJars(3, ["delta"]);
  await server.filled(2);
  expect(kinds(server)).toEqual([[], delta]);
});
