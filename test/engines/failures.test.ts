import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { findEngine, listEngines } from "../../src/engines/engines.ts";
import { runInstaller } from "./install-process.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "glaux-engines-"));
});
afterEach(() => rm(folder, { recursive: true }));

/** No index can be reached, and pip has no cache that it could use instead. */
const offline: NodeJS.ProcessEnv = {
  ...process.env,
  PIP_INDEX_URL: "http://127.0.0.1:9/simple",
  PIP_FIND_LINKS: "",
  PIP_NO_CACHE_DIR: "1",
  PIP_RETRIES: "0",
  PIP_CONFIG_FILE: "/dev/null",
};

test("without a network the error says so, and nothing is taken for an engine", { timeout: 60_000 }, async () => {
  const { lines, code } = await runInstaller({ folder }, offline);
  expect(code).toBe(1);
  expect(lines.at(-1)).toEqual({
    error: expect.stringMatching(/package index cannot be reached[^]*→ check the network and the proxy/) as string,
  });
  expect(await findEngine(folder, "3.5")).toBeUndefined();
  expect((await listEngines(folder)).map(({ id, installed }) => [id, installed])).toEqual([
    ["3.5", undefined],
    ["4", undefined],
  ]);
});

test("a folder that cannot be made", async () => {
  await writeFile(join(folder, "file"), "");
  const { lines } = await runInstaller({ folder: join(folder, "file") }, offline);
  expect(lines.at(-1)).toEqual({ error: expect.stringMatching(/cannot make the folder[^]*GLAUX_ENGINES/) as string });
});

test("an engine.json that cannot be read is no engine", async () => {
  await mkdir(join(folder, "3.5"));
  for (const content of ["", "{", '{"format":1}', '{"format":2,"id":"3.5"}']) {
    await writeFile(join(folder, "3.5/engine.json"), content);
    expect(await findEngine(folder, "3.5")).toBeUndefined();
  }
  expect(await readdir(join(folder, "3.5"))).toEqual(["engine.json"]);
});
