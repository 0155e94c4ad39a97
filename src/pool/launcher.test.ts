import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { Launcher, type PoolEngine } from "./launcher.ts";

const folder = mkdtempSync(join(tmpdir(), "glaux-launcher-"));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const engine: PoolEngine = {
  id: "3.5",
  python: "/python",
  java: "/java",
  sparkHome: "/spark",
  jars: [],
  jvmFlags: [],
  stamp: "a",
  with: [],
};
const facts = { driverMemoryMb: 1, driverCores: 1, isolation: "process", network: "host", buckets: "/" } as const;

function launcher(now: () => number = () => 0) {
  let looks = 0;
  const made = new Launcher({
    drivers: { launch: () => Promise.reject(new Error("not here")) },
    findEngine: () => {
      looks++;
      return Promise.resolve(engine);
    },
    pathOf: (uri) => join(folder, uri.replace("s3://b/", "")),
    facts,
    now,
  });
  return { made, looks: () => looks };
}

const withJar = { engineId: "3.5", conf: {}, jars: ["s3://b/x.jar"] } as const;

test("a jar that is replaced by another of its name makes another kind; one that is not there, none", () => {
  const { made } = launcher();
  expect(made.fingerprintOf(withJar, engine)).toBeUndefined();
  writeFileSync(join(folder, "x.jar"), "one");
  const first = made.fingerprintOf(withJar, engine);
  expect(made.fingerprintOf(withJar, engine)).toBe(first);
  writeFileSync(join(folder, "x.jar"), "another");
  expect(made.fingerprintOf(withJar, engine)).not.toBe(first);
});

test("an engine that was installed anew, or is none, is another kind", () => {
  const { made } = launcher();
  const shape = { engineId: "3.5", conf: {}, jars: [] } as const;
  expect(made.fingerprintOf(shape, { ...engine, stamp: "b" })).not.toBe(made.fingerprintOf(shape, engine));
  expect(made.fingerprintOf(shape, undefined)).toBeUndefined();
});

test("an engine's files are not looked at again and again", async () => {
  let now = 0;
  const { made, looks } = launcher(() => now);
  await made.engineLately("3.5");
  await made.engineLately("3.5");
  expect(looks()).toBe(1);
  await made.engineNow("3.5");
  now = 10_000;
  await made.engineLately("3.5");
  expect(looks()).toBe(3);
});
