// The log of `glaux serve`, as logrotate and a full file see it.
import { existsSync, readFileSync, renameSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { makeFakeEngines } from "../support/fake-engine.ts";
import { startServer, temporaryHome } from "../support/server.ts";
import { waitFor } from "../support/wait-for.ts";

let home: string;
let log: string;
beforeEach(() => {
  home = temporaryHome();
  log = join(home, "glaux.log");
  makeFakeEngines(join(home, "engines"));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const engines = () => ({ GLAUX_ENGINES: join(home, "engines") });
const messages = (file: string) =>
  readFileSync(file, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => (JSON.parse(line) as { msg: string }).msg);

test("SIGHUP goes on in a new file after the old one was moved, and ends nothing", { timeout: 60_000 }, async () => {
  await using server = await startServer({ home, env: engines() });
  renameSync(log, `${log}.moved`);
  process.kill(server.pid, "SIGHUP");
  await waitFor("a new log", () => (existsSync(log) && statSync(log).size > 0 ? true : undefined));
  expect(messages(log)).toContain("log file opened anew");
  expect(messages(`${log}.moved`)).toContain("service started");
  expect((await fetch(`${server.endpoint}/-/ready`)).status).toBe(200);
  expect(await server.stop("SIGTERM")).toBe(0);
  expect(messages(log)).toContain("service stopped");
  expect(messages(`${log}.moved`)).not.toContain("service stops");
});

test("the log is put aside when it is full, and old ones go", { timeout: 60_000 }, async () => {
  // With this limit each log file holds about one line.
  const env = { ...engines(), GLAUX_LOG_MAX_MB: "0.0002", GLAUX_LOG_FILES: "2" };
  for (let start = 0; start < 2; start++) {
    await using server = await startServer({ home, env });
    expect(await server.stop("SIGTERM")).toBe(0);
  }
  expect(messages(log).at(-1)).toBe("service stopped");
  for (const older of [`${log}.1`, `${log}.2`]) expect(messages(older)).not.toEqual([]);
  expect(existsSync(`${log}.3`)).toBe(false);
});
