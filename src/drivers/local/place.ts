import { readdir } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { isDriverId } from "../../domain/ids.ts";
import { fileTail } from "../../lib/file-tail.ts";
import { logFile } from "../../lib/growing-log.ts";
import type { DriverHandle } from "../../store/types.ts";
import type { DriverSite, Found, InnerPort, Place, PlacedDriver, StartedDriver } from "../place.ts";
import { tagPrefix } from "../tag.ts";
import type { LaunchSpec } from "../types.ts";
import { attemptOwners } from "./attempts.ts";
import { driverProcesses } from "./driver-processes.ts";
import { endProcesses, removeRemains } from "./ending.ts";
import { driverFolders } from "./folders.ts";
import { newHandle, readHandle, supervisorOf, withSupervisor, type LocalHandle } from "./handle.ts";
import { openInnerPort } from "./inner-port.ts";
import { hasJournal, readJournal } from "./journal.ts";
import { startSupervisor, type LocalSettings } from "./launch.ts";
import { isOfDataFolder } from "./own-processes.ts";
import { isAlive, killTagged, taggedProcesses, type ProcessName, type TaggedProcess } from "./processes.ts";

/** How long SIGKILL may take. A process that is inside a system call may not end before the call returns. */
const killWithinMs = 10_000;

/**
 * Runs drivers on this machine. A driver is a process tree, and the environment of each of its processes
 * carries the driver's tag. A driver has a folder of its own, with its journal and its logs. Its supervisor
 * listens on a Unix socket.
 */
export class LocalPlace implements Place {
  readonly name = "local";
  readonly leftovers;
  readonly #settings: LocalSettings;

  constructor(settings: LocalSettings) {
    this.#settings = settings;
    this.leftovers = driverFolders(settings.driversFolder);
  }

  handleFor(driverId: string): DriverHandle {
    return newHandle(driverId, this.#settings);
  }

  async start(driver: StartedDriver, spec: LaunchSpec): Promise<DriverHandle> {
    const handle = readHandle(driver.handle);
    return withSupervisor(handle, await startSupervisor(driver, handle, spec, this.#settings));
  }

  async find(drivers: readonly PlacedDriver[]): Promise<Found[]> {
    const tagged = await taggedProcesses(tagPrefix(this.#settings.nodeId));
    return Promise.all(drivers.map((driver) => this.#find(driver, tagged)));
  }

  at(driver: PlacedDriver): DriverSite {
    return new LocalSite(driver, this.#settings.bucketsFolder);
  }

  async sweep(live: () => Promise<{ id: string; tag: string }[]>): Promise<number> {
    const tagged = await taggedProcesses("");
    const known = new Set((await live()).map(({ tag }) => tag));
    const strays = tagged.filter((process) => !known.has(process.tag) && isOfDataFolder(process, this.#settings));
    const tags = new Set(strays.map((process) => process.tag));
    for (const tag of tags) await killTagged(tag, killWithinMs);
    await this.#removeRemainsOfStrays(live);
    return tags.size;
  }

  async #find({ tag, handle }: PlacedDriver, tagged: readonly TaggedProcess[]): Promise<Found> {
    const known = readHandle(handle);
    const process = findSupervisor(known, tag, tagged);
    if (process && isAlive(process)) return { state: "alive", handle: withSupervisor(known, process) };
    const wasStarted = known.pid !== null || (await hasJournal(known.folder));
    return wasStarted ? { state: "dead", handle: withSupervisor(known, gone) } : { state: "never started" };
  }

  /**
   * Removes the sockets and the uncommitted files of drivers that have no live row. Such drivers are not only
   * those whose processes `sweep` has just killed. An earlier server may have killed a driver and died before
   * it removed the files, or a row may have been lost. A driver's row is in the store before its socket
   * exists, and before its jobs write any file.
   */
  async #removeRemainsOfStrays(live: () => Promise<{ id: string }[]>): Promise<void> {
    const { socketsFolder, bucketsFolder } = this.#settings;
    const sockets = await readdir(socketsFolder);
    const owners = await attemptOwners(bucketsFolder);
    // The rows are read after the sockets and the owners, so that a driver that was started in between has
    // its row among them.
    const rows = new Set((await live()).map(({ id }) => id));
    const ids = new Set([...sockets.map((name) => name.replace(/\.(sock|port)$/, "")), ...owners]);
    const strays = [...ids].filter((id) => isDriverId(id) && !rows.has(id));
    const removals = strays.map((id) => removeRemains(id, newHandle(id, this.#settings), { bucketsFolder }));
    // If the files of one driver cannot be removed, the files of the others are removed all the same.
    const failed = (await Promise.allSettled(removals)).find((removal) => removal.status === "rejected");
    if (failed) throw failed.reason;
  }
}

class LocalSite implements DriverSite {
  readonly #driver: PlacedDriver;
  readonly #handle: LocalHandle;
  readonly #bucketsFolder: string;
  readonly logs;

  constructor(driver: PlacedDriver, bucketsFolder: string) {
    this.#driver = driver;
    this.#handle = readHandle(driver.handle);
    this.#bucketsFolder = bucketsFolder;
    const { folder } = this.#handle;
    this.logs = {
      tail: (name: string) => fileTail(join(folder, name)),
      open: (name: string) => logFile(join(folder, name)),
    };
  }

  isAlive(): Promise<boolean> {
    return new Promise((resolve) => {
      resolve(isAlive(this.#supervisor)); // an error thrown here rejects the promise
    });
  }

  connect(): Promise<Duplex> {
    return connectTo(this.#handle.socketPath);
  }

  async openPort(port: InnerPort): Promise<Duplex> {
    const { portsSocketPath } = this.#handle;
    if (portsSocketPath === null) throw new Error("The driver was started by an earlier version, which opens no ports");
    return openInnerPort(await connectTo(portsSocketPath), this.#driver.token, port);
  }

  async end({ isAsked, graceMs }: { isAsked: boolean; graceMs: number }): Promise<void> {
    await endProcesses(this.#supervisor, { tag: this.#driver.tag, isAsked, graceMs });
  }

  async kill(): Promise<void> {
    await killTagged(this.#driver.tag, killWithinMs);
  }

  journal(after: number) {
    return readJournal(this.#handle.folder, after);
  }

  async clear({ everything = false } = {}): Promise<void> {
    const part = everything ? "" : "local";
    await removeRemains(this.#driver.id, this.#handle, { bucketsFolder: this.#bucketsFolder, part });
  }

  processes() {
    return driverProcesses(this.#driver.tag);
  }

  describe() {
    const { pid, folder } = this.#handle;
    return { pid, folder, logs: ["spark.log", "driver.log"].map((name) => join(folder, name)) };
  }

  get #supervisor(): ProcessName {
    return supervisorOf(this.#handle) ?? gone;
  }
}

/** Stands for a process that has ended: no process has the pid 0. */
const gone: ProcessName = { pid: 0, startedTicks: 0 };

/**
 * Looks for the supervisor among the tagged processes. Pid and start time alone would not do: both are small
 * numbers that can occur again where pids start from 1 again, as in a container that starts together with its
 * machine. A handle has no pid if its server died at about the time of the spawn. The supervisor is then the
 * process with the driver's tag whose parent does not carry that tag, if there is such a process.
 */
function findSupervisor(handle: LocalHandle, tag: string, tagged: readonly TaggedProcess[]): ProcessName | undefined {
  const own = tagged.filter((process) => process.tag === tag);
  if (handle.pid !== null)
    return own.find(({ pid, startedTicks }) => pid === handle.pid && startedTicks === handle.startedTicks);
  return own.find((process) => !own.some((other) => other.pid === process.parentPid));
}

function connectTo(socketPath: string): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const socket = connect(socketPath, () => {
      socket.off("error", reject);
      resolve(socket);
    });
    socket.once("error", reject);
  });
}
