import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { hasUserName, homeFolder } from "./home-folder.ts";

const run = promisify(execFile);
const source = (path: string) => JSON.stringify(fileURLToPath(new URL(path, import.meta.url)));

/**
 * Runs code as a user that /etc/passwd does not know, as `docker run --user` does. It uses a user namespace,
 * in which files keep their owners.
 */
const asNameless = (code: string, env: NodeJS.ProcessEnv = {}) =>
  run(
    "unshare",
    ["--user", "--map-user=12345", "--map-group=12345", process.execPath, "--input-type=module", "-e", code],
    { env: { PATH: process.env["PATH"], ...env } },
  );

const refusal = await asNameless("").then(
  () => undefined,
  (error: unknown) => error,
);

test("the environment's", () => {
  expect(homeFolder()).toBe(process.env["HOME"]);
  expect(hasUserName()).toBe(true);
});

test("a user without a name has the environment's, or none, and settings can be read all the same", async ({
  skip,
}) => {
  if (refusal !== undefined) return skip("not to be had here: a user namespace");
  const code = `
    import { hasUserName, homeFolder, systemHomeFolder } from ${source("./home-folder.ts")};
    import { readConfig } from ${source("../config/config.ts")};
    const { sockets } = readConfig({ GLAUX_HOME: "/" + "h".repeat(100) }).paths;
    let refused;
    try { readConfig({}) } catch (error) { refused = error.message }
    console.log(JSON.stringify({ isNamed: hasUserName(), home: homeFolder(), system: systemHomeFolder(), sockets, refused }));`;
  const none = JSON.parse((await asNameless(code)).stdout) as Record<string, string>;
  expect(none).toEqual({
    isNamed: false,
    sockets: expect.stringMatching(/^\/tmp\/glaux-12345-/) as string,
    refused:
      "~/.glaux: HOME is not set, and the system knows no home folder of user 12345. Set HOME, or GLAUX_HOME to a folder of this user",
  });
  expect(JSON.parse((await asNameless(code, { HOME: "/h" })).stdout)).toEqual({
    isNamed: false,
    home: "/h",
    sockets: none["sockets"],
  });
});
