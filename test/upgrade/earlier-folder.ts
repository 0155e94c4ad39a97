// Makes a data folder as an earlier version left it. Its database is one of test/fixtures/databases, each of
// which was written when its version was the newest.
import { spawn, type ChildProcess } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { calculations, drivers } from "../../scripts/upgrade/rows.ts";
import { startedTicks, tagVariable } from "../../src/drivers/local/processes.ts";
import { glauxEnvironment, testNode } from "../support/server.ts";

const databases = fileURLToPath(new URL("../fixtures/databases", import.meta.url));
const fakeSupervisor = fileURLToPath(new URL("../fixtures/drivers/fake-supervisor.mjs", import.meta.url));

/** The fixtures' names. A fixture is named after the newest migration that its version had. */
export const earlierVersions = readdirSync(databases).map((name) => name.replace(/\.sql$/, ""));

/** The key pair that the earlier version made, in that version's form. */
export const key = { accessKeyId: "GLAXABCDEFGHIJKLMNOP", secretAccessKey: "kept/kept/kept/kept+kept/kept/kept/kept+" };

/** Fills `home`, and starts the one driver that is alive. Returns the driver's process. */
export function makeEarlierFolder(home: string, version: string): ChildProcess {
  mkdirSync(join(home, "aws"), { recursive: true });
  mkdirSync(join(home, "run/d"), { recursive: true, mode: 0o700 });
  const keys = { keys: [{ ...key, userName: "admin" }] };
  writeFileSync(join(home, "credentials"), JSON.stringify(keys), { mode: 0o600 });
  writeFileSync(join(home, "aws/credentials"), "[glaux]\n# of an earlier version\n", { mode: 0o600 });
  for (const id of Object.values(drivers)) mkdirSync(join(home, "drivers", id), { recursive: true });
  writeFileSync(join(home, "drivers", drivers.dead, "journal"), journalOfTheDead());
  const db = new DatabaseSync(join(home, "glaux.db"));
  const sql = readFileSync(join(databases, `${version}.sql`), "utf8");
  db.exec(`begin; ${sql.replaceAll("@HOME@", home).replaceAll("@NOW@", String(Date.now()))} commit`);
  // Its timeout would be over, and the session end a second after the server's start.
  db.prepare("update sessions set idle_since_at = ? where state = 'IDLE'").run(Date.now());
  const live = startDriver(home, db);
  db.close();
  return live;
}

/**
 * The journal of a driver that ended after its server. The driver's calculation has finished, but no server
 * has heard of that.
 */
function journalOfTheDead(): string {
  const id = calculations.running;
  const done = { outcome: "completed", errorType: null, errorMessage: null, variablesLost: false, displayed: false };
  const events = [
    { type: "started", pid: 1, bootId: "boot" },
    {
      type: "ready",
      sparkVersion: "3.5.7",
      pythonVersion: "3.11.9",
      javaVersion: "17",
      applicationId: "a",
      jvmPid: 1,
      runnerPid: 1,
      bootMs: 1,
    },
    { type: "accepted", calculationId: id },
    { type: "running", calculationId: id },
    { type: "finished", calculationId: id, ...done, durationMs: 70, dpuMs: 77 },
  ];
  return events.map((event, n) => `${JSON.stringify({ seq: n + 1, at: 1_760_000_005_000, ...event })}\n`).join("");
}

function startDriver(home: string, db: DatabaseSync): ChildProcess {
  const row = db.prepare("select * from drivers where id = ?").get(drivers.live);
  const folder = join(home, "drivers", drivers.live);
  // A version that knows places keeps what is known of a process in the driver's handle.
  const handle = row?.["handle"] === undefined ? undefined : (JSON.parse(String(row["handle"])) as object);
  const where = handle ?? { folder, socketPath: row?.["socket_path"] };
  const launch = { driverId: drivers.live, token: row?.["token"], ...where, conf: {}, orphanMs: 600_000 };
  writeFileSync(join(folder, "launch.json"), JSON.stringify(launch));
  const env = glauxEnvironment(home, { [tagVariable]: String(row?.["tag"]) });
  const driver = spawn(testNode, [fakeSupervisor, join(folder, "launch.json")], {
    env,
    stdio: "ignore",
    detached: true,
  });
  const pid = driver.pid ?? 0;
  const ticks = startedTicks(pid) ?? 0;
  if (handle) {
    const started = JSON.stringify({ ...handle, pid, startedTicks: ticks });
    db.prepare("update drivers set handle = ? where id = ?").run(started, drivers.live);
  } else {
    db.prepare("update drivers set pid = ?, pid_started_ticks = ? where id = ?").run(pid, ticks, drivers.live);
  }
  return driver;
}
