// deploy/glaux.service: whether systemd accepts it, its directives, and the command that it runs.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { packageFolder } from "../../bin/run-node.mjs";
import { settingKeys } from "../../src/config/keys.ts";
import { runProgram } from "../support/run-program.ts";
import { assertNothingLeft, glauxEnvironment } from "../support/server.ts";
import { waitFor } from "../support/wait-for.ts";

const text = readFileSync(join(packageFolder, "deploy/glaux.service"), "utf8");
const lines = text.split("\n").filter((line) => /^[A-Z]\w+=/.test(line));
/** The values of a directive, which may occur several times. */
const values = (name: string) => lines.filter((line) => line.startsWith(`${name}=`)).map((line) => valueOf(line));
const valueOf = (line: string) => line.slice(line.indexOf("=") + 1);

const folder = mkdtempSync(join(tmpdir(), "glaux-unit-"));
const installed = join(folder, "glaux");
/** The unit of a Glaux that is installed in this folder; it is this checkout. */
const unit = text.replaceAll("/opt/glaux/current", installed);
beforeAll(() => {
  mkdirSync(join(installed, "node_modules"), { recursive: true });
  symlinkSync(packageFolder, join(installed, "node_modules/glaux"));
  symlinkSync(join(packageFolder, "node_modules/node"), join(installed, "node_modules/node"));
});
afterAll(() => rmSync(folder, { recursive: true }));

test("systemd has nothing to say against it", async ({ skip }) => {
  const file = join(folder, "glaux.service");
  writeFileSync(file, unit);
  const verdict = await runProgram("systemd-analyze", ["verify", "--man=no", file], { env: process.env }).catch(
    (error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw error;
    },
  );
  if (!verdict) return skip("not to be had here: there is no systemd-analyze on the PATH");
  // systemd-analyze also looks at the units that this unit names.
  const complaints = `${verdict.stdout}${verdict.stderr}`.split("\n").filter((line) => line.includes("glaux.service"));
  expect({ ...verdict, complaints }).toMatchObject({ code: 0, complaints: [] });
});

test("sessions outlive a restart of the service, and whatever ends one of them", () => {
  expect(values("KillMode")).toEqual(["process"]);
  expect(values("OOMPolicy")).toEqual(["continue"]);
  expect(values("PrivateTmp")).toEqual(["no"]);
  expect(lines.filter((line) => /^(Memory|ManagedOOM|LimitAS|LimitDATA|LimitRSS|RuntimeMaxSec)/.test(line))).toEqual(
    [],
  );
});

test("nothing in it is in the way of user code, of its processes, or of Glaux's look at them", () => {
  // JIT compilers write code and run it. The memory guard reads /proc/meminfo. Processes that hide
  // (ssh-agent) must be found to be ended. A user that exists only while the service runs could not own the
  // files that the next start takes over.
  const harmful =
    /^(MemoryDenyWriteExecute|ProcSubset|ProtectProc|DynamicUser|PrivateUsers|RemoveIPC|SystemCall|Restrict)/;
  expect(lines.filter((line) => harmful.test(line))).toEqual([]);
});

test("the service may give processes of its user a nice of 0 again", () => {
  const [limit = ""] = values("LimitNICE");
  // With a sign the value is a nice. Without a sign it is the limit itself (systemd.exec(5)), which is 20
  // minus the nice (getrlimit(2)).
  const rawLimit = /^[+-]/.test(limit) ? 20 - Number(limit) : Number(limit);
  expect(rawLimit).toBe(20);
});

test("a user of its own owns the data folder, and settings are ones that there are", () => {
  expect(values("User")).toEqual(["glaux"]);
  const settings = Object.fromEntries(values("Environment").map((line) => line.split("=") as [string, string]));
  const known = Object.values(settingKeys).map(({ env }) => env as string);
  expect(Object.keys(settings).filter((name) => !known.includes(name))).toEqual([]);
  expect(settings["GLAUX_HOME"]).toBe(`/var/lib/${values("StateDirectory")[0] ?? ""}/.glaux`);
  expect(values("WorkingDirectory")).toEqual(["/var/lib/glaux"]);
});

test("the process that it starts is the service itself, which ends with 0 at SIGTERM", async () => {
  const [command = "", ...args] = valueOf(unit.split("\n").find((line) => line.startsWith("ExecStart=")) ?? "").split(
    " ",
  );
  const home = join(folder, "home");
  const child = spawn(command, args, {
    cwd: folder,
    env: glauxEnvironment(home, { GLAUX_LISTEN: "127.0.0.1:0" }),
    stdio: ["ignore", "ignore", "inherit"],
  });
  const ended = once(child, "exit");
  await waitFor("the service", () => existsSync(join(home, "run/endpoint")) || child.exitCode !== null || undefined);
  expect(readFileSync(join(home, "run/server.pid"), "utf8").trim()).toBe(String(child.pid));
  child.kill("SIGTERM");
  expect(await ended).toEqual([0, null]);
  await assertNothingLeft(home);
});
