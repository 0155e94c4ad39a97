// `glaux serve` and `npm start`: how the service starts, what it says, and how it ends.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, test } from "vitest";
import { packageFolder } from "../../bin/run-node.mjs";
import { assertNothingLeft, glauxEnvironment, processesOn, startServer, temporaryHome } from "../support/server.ts";
import { waitFor } from "../support/wait-for.ts";
import { runGlaux } from "./glaux.ts";

const homes: string[] = [];
afterEach(() => {
  for (const home of homes.splice(0)) rmSync(home, { recursive: true, force: true });
});

function newHome(): string {
  const home = temporaryHome();
  homes.push(home);
  return home;
}

describe("starting", () => {
  test("tells the endpoint, how clients use it, and where the log is", async () => {
    await using server = await startServer();
    // The service can be found before it prints its welcome.
    await waitFor("the welcome's last line", () => (server.output().includes("Ctrl-C ends") ? true : undefined));
    expect(server.output()).toContain(`Glaux is ready at ${server.endpoint}\n`);
    expect(server.output()).toContain(`eval "$(GLAUX_HOME=${server.home} npx glaux env)"`);
    expect(server.output()).toContain(join(server.home, "glaux.log"));
    expect(existsSync(join(server.home, "glaux.log"))).toBe(true);
  });

  test("a port in use: one line that names the process, and no stack", async () => {
    await using server = await startServer();
    const listen = new URL(server.endpoint).host;
    const { code, stderr } = await runGlaux(glauxEnvironment(newHome(), { GLAUX_LISTEN: listen }), ["serve"]);
    expect(code).toBe(1);
    expect(stderr).toContain(`is in use by process ${String(server.pid)} (`);
    expect(stderr).toContain("GLAUX_LISTEN=127.0.0.1:0");
    expect(stderr).not.toContain("    at ");
  });

  test("a data folder that another server uses: its process is named", async () => {
    await using server = await startServer();
    const { code, stderr } = await runGlaux({ ...server.env, GLAUX_LISTEN: "127.0.0.1:0" }, ["serve"]);
    expect(code).toBe(1);
    expect(stderr).toMatch(new RegExp(`^glaux: .*process ${String(server.pid)}.*\n$`));
  });
});

describe("ending", () => {
  test("SIGINT ends the service with its sessions", async () => {
    await using server = await startServer();
    const { code } = await runGlaux(server.env, ["run", "--keep", "-c", "x = 1"]);
    expect(code).toBe(0);
    expect(processesOn(server.home).length).toBeGreaterThan(2);
    expect(await server.stop("SIGINT")).toBe(0);
    expect(existsSync(join(server.home, "run/endpoint"))).toBe(false);
    await assertNothingLeft(server.home);
  });

  test("SIGTERM leaves sessions running, and the next start takes them over", async () => {
    const home = newHome();
    const first = await startServer({ home });
    const kept = await runGlaux(first.env, ["run", "--keep", "-c", "x = 42"]);
    const session = /Session (\S+) is kept/.exec(kept.stderr)?.[1] ?? "";
    expect(await first.stop("SIGTERM")).toBe(0);
    expect(processesOn(home).length).toBeGreaterThan(2);
    await using second = await startServer({ home });
    expect(await runGlaux(second.env, ["run", "--session", session, "-c", "print(x)"])).toMatchObject({
      code: 0,
      stdout: "42\n",
    });
    // A killed server leaves all its files behind, and the next server goes on with them.
    await second.kill();
    await using third = await startServer({ home });
    expect(await runGlaux(third.env, ["run", "--session", session, "-c", "print(x + 1)"])).toMatchObject({
      code: 0,
      stdout: "43\n",
    });
  });

  test.each(["SIGINT", "SIGTERM"] as const)(
    "%s to npm's own process ends `npm start`, and nothing is left",
    async (signal) => {
      const home = newHome();
      const npm = spawn("npm", ["start", "--silent"], {
        cwd: packageFolder,
        env: glauxEnvironment(home, { GLAUX_LISTEN: "127.0.0.1:0" }),
        stdio: ["ignore", "pipe", "pipe"],
      });
      const ended = once(npm, "exit");
      let output = "";
      for (const stream of [npm.stdout, npm.stderr]) stream.on("data", (chunk: Buffer) => (output += chunk.toString()));
      while (!output.includes("Glaux is ready")) {
        if (npm.exitCode !== null) throw new Error(`npm start ended:\n${output}`);
        await sleep(20);
      }
      const endpoint = readFileSync(join(home, "run/endpoint"), "utf8").trim();
      expect((await fetch(`${endpoint}/-/ready`)).status).toBe(200);
      npm.kill(signal);
      await ended;
      await assertNothingLeft(home, 10_000);
      expect(existsSync(join(home, "run/endpoint"))).toBe(false);
    },
  );
});
