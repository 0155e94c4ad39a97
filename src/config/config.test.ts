import { homedir } from "node:os";
import { afterEach, describe, expect, test, vi } from "vitest";
import { ConfigError, readConfig } from "./config.ts";
import { settingKeys } from "./keys.ts";

afterEach(() => void vi.unstubAllEnvs());

test("a setting keeps its name, whatever unit it is converted to", () => {
  const withoutUnit = (name: string) => name.replace(/(Days|Minutes|Seconds|Ms|Mb|Bytes)$/, "");
  const { quotas, pool, ...others } = readConfig({});
  const ofPool = Object.keys(pool).map((name) => `pool${name.charAt(0).toUpperCase()}${name.slice(1)}`);
  const names = [...Object.keys(others), ...Object.keys(quotas), ...ofPool].map(withoutUnit);
  for (const name of Object.keys(settingKeys).map(withoutUnit)) expect(names).toContain(name);
});

describe("GLAUX_LISTEN", () => {
  test.each([
    ["127.0.0.1:8765", "127.0.0.1", 8765],
    ["localhost:0", "localhost", 0],
    ["[::1]:80", "::1", 80],
    ["[::ffff:127.0.0.1]:1", "::ffff:127.0.0.1", 1],
  ])("%s", (text, host, port) => {
    expect(readConfig({ GLAUX_LISTEN: text }).listen).toEqual({ host, port });
  });

  test.each(["]:1", "[:1", "[]:1", ":1", "::1:80", "a b:1", "127.0.0.1", "127.0.0.1:65536"])("refuses %s", (text) => {
    expect(() => readConfig({ GLAUX_LISTEN: text })).toThrow(ConfigError);
  });
});

describe("quotas", () => {
  test("that are not set are the wider one's, and DPUs refuse nothing that sessions do not", () => {
    expect(readConfig({ GLAUX_MAX_SESSIONS: "3" })).toMatchObject({
      maxSessions: 3,
      maxDpusPerSession: 5000,
      quotas: { maxSessionsPerWorkGroup: 3, maxDpus: 15_000, maxDpusPerWorkGroup: 15_000 },
    });
    const set = { GLAUX_MAX_SESSIONS_PER_WORK_GROUP: "2", GLAUX_MAX_DPUS: "160", GLAUX_MAX_DPUS_PER_WORK_GROUP: "80" };
    expect(readConfig(set)).toMatchObject({
      maxSessions: 8,
      quotas: { maxSessionsPerWorkGroup: 2, maxDpus: 160, maxDpusPerWorkGroup: 80 },
    });
    expect(readConfig({ GLAUX_MAX_DPUS: "160" }).quotas.maxDpusPerWorkGroup).toBe(160);
  });

  test.each(["0", "1.5", "many", "-4"])("%s is refused with the setting's name and what is wrong", (text) => {
    expect(() => readConfig({ GLAUX_MAX_DPUS: text })).toThrow(
      /^GLAUX_MAX_DPUS=.*: (Too small|Invalid input: expected)/,
    );
  });
});

describe("GLAUX_RATE_LIMITS", () => {
  test("is a rate and a burst for each operation", () => {
    const limits = (text: string) => Object.fromEntries(readConfig({ GLAUX_RATE_LIMITS: text }).rateLimits);
    expect(limits("")).toEqual({});
    expect(limits("StartSession=1/5, *=50/200")).toEqual({
      StartSession: { perSecond: 1, burst: 5 },
      "*": { perSecond: 50, burst: 200 },
    });
    expect(limits("*=0.5,GetSession=2.5,")).toEqual({
      "*": { perSecond: 0.5, burst: 1 },
      GetSession: { perSecond: 2.5, burst: 3 },
    });
  });

  test.each(["5", "*=", "*=x", "*=1/0", "*=1/2.5", "*=-1", "*=0", "a b=1", "*=1 GetSession=2"])(
    "refuses %s",
    (text) => {
      expect(() => readConfig({ GLAUX_RATE_LIMITS: text })).toThrow(/^GLAUX_RATE_LIMITS/);
    },
  );
});

describe("folders", () => {
  test("$GLAUX_HOME is replaced as it is written, and only whole", () => {
    const env = { GLAUX_HOME: "/a/$$b$&", GLAUX_LOG: "$GLAUX_HOME/x.log" };
    expect(readConfig(env)).toMatchObject({ enginesFolder: "/a/$$b$&/engines", logFile: "/a/$$b$&/x.log" });
    const other = readConfig({ GLAUX_HOME: "/a", GLAUX_ENGINES: "$GLAUX_HOMEish/engines" }).enginesFolder;
    expect(other.endsWith("/$GLAUX_HOMEish/engines")).toBe(true);
    expect(readConfig({ GLAUX_HOME: "/a", GLAUX_ENGINES: "$GLAUX_HOME" }).enginesFolder).toBe("/a");
  });

  test("~ is the user's own home; that of another user is refused", () => {
    expect(readConfig({ GLAUX_HOME: "~/g" }).home).toBe(`${homedir()}/g`);
    expect(() => readConfig({ GLAUX_HOME: "~bob/g" })).toThrow("~bob/g");
    expect(() => readConfig({ GLAUX_ENGINES: "~bob/engines" })).toThrow(ConfigError);
  });
});

describe("the folder of sockets", () => {
  const longest = (folder: string) => Buffer.byteLength(`${folder}/123456789012.sock`);

  test("is in the data folder if that is short", () => {
    expect(readConfig({ GLAUX_HOME: "/short" }).paths.sockets).toBe("/short/run/d");
  });

  test.each(["/var/tmp", `/${"t".repeat(100)}`])("is short also with a long data folder and TMPDIR=%s", (tmp) => {
    vi.stubEnv("TMPDIR", tmp);
    const one = readConfig({ GLAUX_HOME: `/${"h".repeat(120)}/1` }).paths.sockets;
    const other = readConfig({ GLAUX_HOME: `/${"h".repeat(120)}/2` }).paths.sockets;
    expect(longest(one)).toBeLessThanOrEqual(107);
    expect(one).not.toBe(other);
    expect(one.startsWith(tmp.length < 20 ? tmp : "/tmp/")).toBe(true);
  });
});
