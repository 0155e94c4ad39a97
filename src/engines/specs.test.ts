import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { engineIds } from "../domain/engine-version.ts";
import { lockDigest, packagesLock } from "./builds.ts";
import { additions } from "./progress.ts";
import { engineSpecs, fetchedJars, unavailable } from "./specs.ts";

test.each([
  ["3.5", "17.0.15", true],
  ["3.5", "21.0.4", false],
  ["3.5", "11.0.2", false],
  ["4", "17.0.1", true],
  ["4", "21", true],
  ["4", "25", false],
  ["4", "25.0.2", false],
  ["4", "25.0.3", true],
  ["4", "25.1.0", true],
  ["4", "24.0.1", false],
] as const)("engine %s on Java %s: %s", (id, version, accepted) => {
  expect(engineSpecs[id].acceptsJava(version.split(".").map(Number))).toBe(accepted);
});

const locks = [
  "bootstrap.txt",
  ...engineIds.map((id) => engineSpecs[id].jdk.lock),
  ...engineIds.flatMap((id) => [packagesLock(id, []), packagesLock(id, additions)]),
];

test.each(locks)("every package in %s has a version and checksums", async (lock) => {
  const text = await readFile(new URL(`requirements/${lock}`, import.meta.url), "utf8");
  const packages = text.trim().split(/\n(?! )/);
  expect(packages.length).toBeGreaterThan(0);
  for (const entry of packages) expect(entry).toMatch(/^[\w.-]+==[\w.]+( ; .+?)? \\\n {4}--hash=sha256:[0-9a-f]{64}/);
});

test.each(engineIds)("an addition to engine %s changes no version of it", async (id) => {
  const pins = async (lock: string) =>
    (await readFile(new URL(`requirements/${lock}`, import.meta.url), "utf8")).match(/^[\w.-]+==[\w.]+/gm) ?? [];
  const own = await pins(`${id}.txt`);
  expect(own.length).toBeGreaterThan(30);
  expect(await pins(`${id}-athena.txt`)).toEqual(expect.arrayContaining(own));
});

test.each(engineIds)("every jar that engine %s fetches has a version and a checksum", (id) => {
  const jars = fetchedJars(engineSpecs[id], additions);
  for (const { coordinates, fileName, sha256 } of jars) {
    const [, artifact, version] = coordinates.split(":");
    expect([fileName, sha256]).toEqual([
      `${String(artifact)}-${String(version)}.jar`,
      expect.stringMatching(/^[0-9a-f]{64}$/),
    ]);
  }
  expect(unavailable(engineSpecs[id], additions)).toEqual(id === "4" ? ["iceberg", "delta"] : []);
});

test("table formats add jars and no package, and make another engine of it", async () => {
  const names = fetchedJars(engineSpecs["3.5"], ["iceberg", "athena"]).map(({ fileName }) => fileName);
  expect(names).toEqual([
    expect.stringMatching(/^spark-connect/),
    expect.stringMatching(/^iceberg-spark-runtime-3\.5_2\.12/),
  ]);
  expect(packagesLock("3.5", ["iceberg", "delta"])).toBe("3.5.txt");
  const digests = await Promise.all(
    ([[], ["iceberg"], ["delta"], ["iceberg", "delta"]] as const).map((one) => lockDigest("3.5", one)),
  );
  expect(new Set(digests).size).toBe(4);
});
