import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { openInnerPort } from "../../src/drivers/local/inner-port.ts";
import type { LocalPlace } from "../../src/drivers/local/place.ts";
import type { DriverSite, Found, InnerPort, Place, PlacedDriver, StartedDriver } from "../../src/drivers/place.ts";
import type { LaunchSpec } from "../../src/drivers/types.ts";
import type { DriverHandle } from "../../src/store/types.ts";

/**
 * A second kind of place: fake supervisors that are reached over TCP, as drivers on other machines would be.
 * It has handles of its own. Everything else it delegates to the local place, because the fakes run on this
 * machine.
 */
export class TcpPlace implements Place {
  readonly name = "tcp";
  readonly #local: LocalPlace;

  constructor(local: LocalPlace) {
    this.#local = local;
  }

  get leftovers() {
    return this.#local.leftovers;
  }

  handleFor(driverId: string): DriverHandle {
    return wrapped(this.#local.handleFor(driverId));
  }

  async start(driver: StartedDriver, spec: LaunchSpec): Promise<DriverHandle> {
    const conf = { ...spec.conf, "fake.tcp": "yes" };
    return wrapped(await this.#local.start(unwrapped(driver), { ...spec, conf }));
  }

  async find(drivers: readonly PlacedDriver[]): Promise<Found[]> {
    const found = await this.#local.find(drivers.map(unwrapped));
    return found.map((one) => (one.state === "never started" ? one : { ...one, handle: wrapped(one.handle) }));
  }

  sweep(live: Parameters<Place["sweep"]>[0]): Promise<number> {
    return this.#local.sweep(live);
  }

  at(driver: PlacedDriver): DriverSite {
    const local = unwrapped(driver);
    const site = this.#local.at(local);
    const folder = String(local.handle["folder"]);
    const connected = (name: string) => connectTo(Number(readFileSync(join(folder, name), "utf8")));
    return {
      isAlive: () => site.isAlive(),
      connect: async () => connected("tcp-port"),
      openPort: async (port: InnerPort) => openInnerPort(await connected("tcp-inner-ports"), driver.token, port),
      end: (how) => site.end(how),
      kill: () => site.kill(),
      journal: (after) => site.journal(after),
      logs: site.logs,
      clear: (options) => site.clear(options),
      processes: () => site.processes(),
      describe: () => site.describe(),
    };
  }
}

/** Makes a handle that no other place can read. */
function wrapped(handle: DriverHandle): DriverHandle {
  return { version: 7, local: JSON.stringify(handle) };
}

function unwrapped<Driver extends PlacedDriver>(driver: Driver): Driver {
  return { ...driver, handle: JSON.parse(String(driver.handle["local"])) as DriverHandle };
}

function connectTo(port: number): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.off("error", reject);
      resolve(socket);
    });
    socket.once("error", reject);
  });
}
