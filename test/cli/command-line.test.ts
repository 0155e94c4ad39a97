// What `glaux` says without a service and without an engine.
import { mkdirSync, writeFileSync, existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { glauxEnvironment, temporaryHome } from "../support/server.ts";
import { runGlaux } from "./glaux.ts";

const home = temporaryHome();
afterAll(() => rmSync(home, { recursive: true }));
const env = glauxEnvironment(home, { GLAUX_ENGINES: join(home, "engines") });

describe("a wrong command line exits with 2 and says what is wrong", () => {
  test.each([
    [["bogus"], /unknown command 'bogus'/],
    [["run"], /give a file to run, -c CODE, or a script/],
    [["run", "a.py", "-c", "1"], /not both/],
    [["run", "-c", "1", "--conf", "nonsense"], /spark\.sql\.shuffle\.partitions=8/],
    [["run", "-c", "1", "--idle-timeout", "0"], /from 1 to 480/],
    [["engines", "install", "2.4"], /no engine 2\.4: choose one of .*3\.5/],
    [["engines", "install", "3.5", "--with", "hudi"], /--with hudi: choose one of athena, iceberg, delta/],
  ])("%j", async (args, message) => {
    const { code, stdout, stderr } = await runGlaux(env, args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(/^glaux: /);
  });
});

describe("what cannot work exits with 1 and names the thing and the remedy", () => {
  test.each<[string, NodeJS.ProcessEnv, string[], RegExp]>([
    ["a missing script", {}, ["run", "/nowhere/x.py"], /^glaux: \/nowhere\/x\.py: there is no such file\n$/],
    [
      "a setting of the wrong form",
      { GLAUX_LISTEN: "8765" },
      ["serve"],
      /^glaux: GLAUX_LISTEN=8765: must look like 127\.0\.0\.1:8765\n$/,
    ],
    [
      "no service",
      {},
      ["sessions", "show", "s"],
      /^glaux: no Glaux service runs on \S+\n {2}→ GLAUX_HOME=\S+ npx glaux serve\n$/,
    ],
    ["no profile yet", {}, ["env"], /^glaux: there is no AWS profile in .*\n {2}→ GLAUX_HOME=\S+ npx glaux serve\n$/],
  ])("%s", async (_, more, args, message) => {
    const { code, stdout, stderr } = await runGlaux({ ...env, ...more }, args);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(message);
  });
});

test("`glaux env` is for every POSIX shell, whatever the data folder is called", async () => {
  const odd = join(home, "it's a $HOME");
  mkdirSync(join(odd, "aws"), { recursive: true });
  writeFileSync(join(odd, "aws/config"), "[profile glaux]\nregion = eu-north-1\nendpoint_url = http://127.0.0.1:1\n");
  writeFileSync(join(odd, "aws/credentials"), "[glaux]\naws_access_key_id = A\naws_secret_access_key = B\n");
  const { code, stdout } = await runGlaux({ ...env, GLAUX_HOME: odd }, ["env"]);
  expect(code).toBe(0);
  expect(stdout).toContain("export AWS_REGION=eu-north-1\n");
  expect(stdout).toContain(`export AWS_CONFIG_FILE='${odd.replace("'", "'\\''")}/aws/config'\n`);
  expect(stdout).toMatch(/^unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN /m);
});

test.each(["iceberg", "delta"])(
  "an engine that cannot have %s: an error that says so, and nothing is installed",
  async (format) => {
    const { code, stderr } = await runGlaux(env, ["engines", "install", "4", "--with", format]);
    expect(code).toBe(1);
    expect(stderr).toMatch(
      new RegExp(`--with ${format} is not available for engine 4: no release of it works with Spark 4`),
    );
    expect(stderr).not.toContain("    at ");
    expect(existsSync(join(home, "engines"))).toBe(false);
  },
);

test("`glaux engines list` tells how to install what is missing", async () => {
  const { code, stdout } = await runGlaux(env, ["engines", "list"]);
  expect(code).toBe(0);
  expect(stdout).toContain("Apache Spark version 3.5 (default)\n       not installed → ");
  expect(existsSync(join(home, "engines"))).toBe(false);
});

test("`glaux doctor` says what it finds, with a service or without", async () => {
  const { code, stdout } = await runGlaux({ ...env, GLAUX_POOL_MAX: "3" }, ["doctor"]);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^Service {3}none runs on /m);
  expect(stdout).toMatch(/^Engine {4}3\.5 \(default\): not installed → /m);
  expect(stdout).toMatch(/^Memory {4}\d+\.\d GiB of \d+\.\d GiB available/m);
  expect(stdout).toMatch(/^Priority {2}can/m);
  expect(stdout).toMatch(/^Pool {6}1 to 3 members, when the service runs$/m);
  expect((await runGlaux({ ...env, GLAUX_POOL_MAX: "0" }, ["doctor"])).stdout).toMatch(/^Pool {6}turned off/m);
});
