import { execFileSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { exports, undo } from "./env-lines.ts";

const settings = {
  configFile: "/a b/it's/config",
  credentialsFile: "/a b/it's/credentials",
  profile: "glaux",
  region: "us-east-1",
  endpoint: "http://127.0.0.1:8765",
};

/** The environment after a shell has evaluated the lines. */
function evaluate(lines: string, env: NodeJS.ProcessEnv): Record<string, string> {
  const output = execFileSync("/bin/sh", ["-c", `eval "$LINES_TO_EVAL"; env -0`], {
    env: { ...env, LINES_TO_EVAL: lines },
    encoding: "utf8",
  });
  const all = output
    .split("\0")
    .map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)] as const);
  return Object.fromEntries(all.filter(([name]) => /^(AWS|GLAUX)_|proxy$/i.test(name)));
}

const ours = {
  AWS_CONFIG_FILE: settings.configFile,
  AWS_SHARED_CREDENTIALS_FILE: settings.credentialsFile,
  AWS_PROFILE: "glaux",
  AWS_REGION: "us-east-1",
};

const theirs = {
  AWS_PROFILE: "work",
  AWS_ACCESS_KEY_ID: "AKIA",
  AWS_SECRET_ACCESS_KEY: "it's $ecret",
  AWS_SESSION_TOKEN: "token",
  AWS_ROLE_ARN: "arn:aws:iam::123456789012:role/theirs",
  AWS_WEB_IDENTITY_TOKEN_FILE: "/token",
  AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: "true",
  AWS_ENDPOINT_URL_S3: "http://elsewhere",
  AWS_DEFAULT_REGION: "eu-west-1",
};

test("evaluating them leaves nothing that would win over the profile", () => {
  expect(evaluate(exports({}, settings), {})).toEqual(ours);
  expect(evaluate(exports(theirs, settings), theirs)).toMatchObject(ours);
  const after = Object.keys(evaluate(exports(theirs, settings), theirs)).filter((name) => name.startsWith("AWS_"));
  expect(after.sort()).toEqual(Object.keys(ours).sort());
});

test("undoing brings back what was set before, also when the lines were evaluated twice", () => {
  const once = evaluate(exports(theirs, settings), theirs);
  const twice = evaluate(exports(once, settings), once);
  expect(evaluate(undo(twice, "glaux"), twice)).toEqual(theirs);
});

test("undoing what was never done changes nothing", () => {
  expect(undo(theirs, "glaux")).toBe("");
});

test("undoing without anything set before leaves nothing set", () => {
  expect(evaluate(undo(ours, "glaux"), ours)).toEqual({});
});

describe("behind a proxy, the service is reached without it", () => {
  const proxied = { ...theirs, HTTP_PROXY: "http://proxy:3128" };

  test.each([
    ["no exceptions", {}, "127.0.0.1"],
    ["exceptions", { NO_PROXY: ".corp,10.0.0.1" }, ".corp,10.0.0.1,127.0.0.1"],
    ["exceptions of which one kind wins", { NO_PROXY: "a", no_proxy: "b" }, "b,127.0.0.1"],
  ])("with %s before, which come back", (_, exceptions, expected) => {
    const before = { ...proxied, ...exceptions };
    const once = evaluate(exports(before, settings), before);
    expect(once).toMatchObject({ NO_PROXY: expected, no_proxy: expected });
    const twice = evaluate(exports(once, settings), once);
    expect(twice).toEqual(once);
    expect(evaluate(undo(twice, "glaux"), twice)).toEqual(before);
  });

  test.each([
    ["no proxy", { NO_PROXY: "a" }, settings.endpoint],
    ["a service elsewhere", { http_proxy: "http://proxy", NO_PROXY: "a" }, "https://glaux.example"],
    ["an exception for all", { http_proxy: "http://proxy", NO_PROXY: "*" }, settings.endpoint],
    ["a profile without an endpoint", { http_proxy: "http://proxy", NO_PROXY: "a" }, undefined],
  ])("nothing is changed with %s", (_, before, endpoint) => {
    const after = evaluate(exports(before, { ...settings, endpoint }), before);
    expect(after).toEqual({ ...before, ...ours });
    expect(evaluate(undo(after, "glaux"), after)).toEqual(before);
  });
});
