// deploy/Dockerfile and deploy/compose.yaml, as far as they can be checked without a container engine.
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { packageFolder } from "../../bin/run-node.mjs";
import { patienceMs } from "../../src/cli/stop.ts";
import { readConfig } from "../../src/config/config.ts";
import { settingKeys } from "../../src/config/keys.ts";
import { engineSpecs } from "../../src/engines/specs.ts";
import { testTool } from "../support/tools/tools.ts";
import { environmentOf, instructionsOf, stagesOf } from "./dockerfile.ts";

const read = (path: string) => readFileSync(join(packageFolder, path), "utf8");
const stages = stagesOf(instructionsOf(read("deploy/Dockerfile")));
const image = stages.at(-1) ?? [];
const env = environmentOf(image);
const config = readConfig(env);
const one = (word: string) => {
  const found = image.filter((instruction) => instruction.word === word).map(({ rest }) => rest);
  expect(found).toHaveLength(1);
  return found[0] ?? "";
};
const unknownSettings = (names: string[]) => {
  const known = Object.values(settingKeys).map((key) => key.env as string);
  return names.filter((name) => name.startsWith("GLAUX_") && !known.includes(name));
};

describe("the Dockerfile", () => {
  const allowed = read(".dockerignore")
    .split("\n")
    .filter((line) => line.startsWith("!"))
    .map((line) => line.slice(1));

  test("gets from the checkout what the package is made from, and nothing that is not named", () => {
    expect(
      read(".dockerignore")
        .split("\n")
        .find((line) => !line.startsWith("#")),
    ).toBe("*");
    expect(allowed.filter((path) => !existsSync(join(packageFolder, path)))).toEqual([]);
    const { files } = JSON.parse(read("package.json")) as { files: string[] };
    const packed = files.filter((path) => !path.startsWith("!") && path !== "dist");
    const needed = [...packed, "src", "scripts/build.ts", "tsconfig.build.json", "package-lock.json", "LICENSE"];
    const isSent = (path: string) => allowed.some((folder) => path === folder || path.startsWith(`${folder}/`));
    expect(needed.filter((path) => !isSent(path))).toEqual([]);
  });

  test("copies what is there", () => {
    const names = stages.map(([from]) => / AS (\S+)$/.exec(from?.rest ?? "")?.[1]);
    for (const { rest } of stages.flat().filter(({ word }) => word === "COPY")) {
      const [, stage] = /^--from=(\S+) /.exec(rest) ?? [];
      if (stage !== undefined) expect(names).toContain(stage);
      else
        expect(
          rest
            .split(" ")
            .slice(0, -1)
            .filter((path) => path !== "." && !allowed.includes(path)),
        ).toEqual([]);
    }
  });

  test("links and compiles files that the package has", () => {
    const named = image.flatMap(({ rest }) =>
      [...rest.matchAll(/\/opt\/glaux\/([\w./-]+)/g)].map(([, path]) => path ?? ""),
    );
    expect(named.length).toBeGreaterThanOrEqual(3);
    expect(named.filter((path) => !existsSync(join(packageFolder, path)))).toEqual([]);
  });

  test("sets settings that there are, to values that can be used", () => {
    expect(unknownSettings(Object.keys(env))).toEqual([]);
    expect(config).toMatchObject({ sessionsAtSigterm: "end", logFile: "-", isDefaultEngineSet: true });
    expect(config.listen).toEqual({ host: "0.0.0.0", port: Number(one("EXPOSE")) });
  });

  test("keeps data, and so the keys, in the volume, and the engine out of it", () => {
    const volume = one("VOLUME");
    expect(config.home.startsWith(`${volume}/`)).toBe(true);
    expect(config.credentialsFile).toBeUndefined();
    expect(config.enginesFolder.startsWith(volume)).toBe(false);
    // If the data folder were the volume itself, it would be the home folder, which `glaux reset` refuses.
    expect([env["HOME"], config.home === volume]).toEqual([volume, false]);
  });

  test("has a Java on which both engines run, which is Debian's for the first one", () => {
    const packages = image.flatMap(({ rest }) => rest.split(" "));
    expect(packages).toContain(engineSpecs["3.5"].jdk.debianPackage);
    expect(Object.values(engineSpecs).filter((spec) => !spec.acceptsJava([17, 0, 1]))).toEqual([]);
  });

  test("runs as a user who is not root and owns nothing but the volume", () => {
    const uid = /^(\d+):\1$/.exec(one("USER"))?.[1];
    expect(Number(uid)).toBeGreaterThan(0);
    const words = image.map(({ word }) => word);
    expect(words.indexOf("USER")).toBeGreaterThan(words.lastIndexOf("RUN"));
    expect(words.indexOf("USER")).toBeGreaterThan(words.lastIndexOf("COPY"));
    expect(image.some(({ rest }) => rest.includes(`useradd --uid ${uid ?? ""} `))).toBe(true);
  });

  test("starts the service without a shell, which would keep signals from it", () => {
    expect([...(JSON.parse(one("ENTRYPOINT")) as string[]), ...(JSON.parse(one("CMD")) as string[])]).toEqual([
      "glaux",
      "serve",
    ]);
  });
});

describe("HEALTHCHECK", () => {
  const home = mkdtempSync(join(tmpdir(), "glaux-health-"));
  mkdirSync(join(home, "run"));
  afterAll(() => rmSync(home, { recursive: true }));
  const asked: (string | undefined)[] = [];

  async function check(): Promise<number> {
    const [program, ...args] = JSON.parse(one("HEALTHCHECK").replace(/^.* CMD /, "")) as string[];
    expect(program).toBe("node");
    const child = spawn(process.execPath, args, { env: { ...env, GLAUX_HOME: home }, stdio: "ignore" });
    return ((await once(child, "exit")) as [number])[0];
  }

  test.each([
    [200, 0],
    [503, 1],
  ])("an answer of %d from /-/ready is exit code %d", async (status, code) => {
    const server = createServer((request, response) => {
      asked.push(request.url);
      response.writeHead(status).end("{}");
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    writeFileSync(join(home, "run/endpoint"), `http://127.0.0.1:${String((server.address() as AddressInfo).port)}\n`);
    expect(await check()).toBe(code);
    expect(asked.at(-1)).toBe("/-/ready");
    server.close();
  });

  test("nobody who listens, or no endpoint yet, is exit code 1", async () => {
    writeFileSync(join(home, "run/endpoint"), "http://127.0.0.1:1\n");
    expect(await check()).toBe(1);
    rmSync(join(home, "run/endpoint"));
    expect(await check()).toBe(1);
  });
});

describe("the compose file", () => {
  interface Compose {
    services: {
      glaux: Record<string, unknown> & { ports: string[]; environment: Record<string, string>; volumes: string[] };
    };
    volumes: Record<string, unknown>;
  }
  /** The file as compose reads it, with this value of GLAUX_PORT. */
  const composeWith = (port: string | undefined): Compose => {
    const text = read("deploy/compose.yaml").replaceAll(
      /\$\{(\w+):-([^}]*)\}/g,
      (_, name: string, otherwise: string) => (name === "GLAUX_PORT" ? port : undefined) ?? otherwise,
    );
    const toJson = "import json, sys, yaml; json.dump(yaml.safe_load(sys.stdin), sys.stdout)";
    return JSON.parse(execFileSync(testTool("python"), ["-c", toJson], { input: text, encoding: "utf8" })) as Compose;
  };

  test.each([undefined, "9000"])("publishes one port on loopback, the one that is listened on: %s", (port) => {
    const { ports, environment } = composeWith(port).services.glaux;
    const number = port ?? String(config.listen.port);
    expect(ports).toEqual([`127.0.0.1:${number}:${number}`]);
    expect(readConfig({ ...env, ...environment }).listen).toEqual({ host: "0.0.0.0", port: Number(number) });
  });

  const { services, volumes } = composeWith(undefined);
  const { glaux } = services;

  test("sets settings that there are", () => {
    expect(unknownSettings(Object.keys(glaux.environment))).toEqual([]);
  });

  test("builds with the Dockerfile, from the checkout", () => {
    const { context, dockerfile } = glaux["build"] as { context: string; dockerfile: string };
    expect(join(packageFolder, "deploy", context)).toBe(packageFolder);
    expect(existsSync(join(packageFolder, "deploy", context, dockerfile))).toBe(true);
  });

  test("mounts a volume with a name where the data is, and nothing of the machine", () => {
    expect(glaux.volumes).toEqual([`data:${one("VOLUME")}`]);
    expect(Object.keys(volumes)).toEqual(["data"]);
  });

  test("gives sessions the time to end that `glaux stop` gives them, and a collector of processes", () => {
    expect(glaux["stop_grace_period"]).toBe(`${String(patienceMs / 1000)}s`);
    expect(glaux).toMatchObject({ init: true });
  });

  test("gives no rights beyond those of the user", () => {
    expect(glaux).toMatchObject({ cap_drop: ["ALL"], security_opt: ["no-new-privileges:true"], read_only: true });
    expect(
      Object.keys(glaux).filter((key) => /^(privileged|cap_add|user|network_mode|pid|devices)$/.test(key)),
    ).toEqual([]);
  });
});
