import type { Duplex } from "node:stream";
import type { DriverHandle, DriverRow } from "../store/types.ts";
import type { DriverLogs } from "./logs.ts";
import type { JournaledMessage } from "./messages.ts";
import type { LaunchSpec } from "./types.ts";

/**
 * A place is where drivers run: this machine (`local/`), or later a cluster. It knows how a driver is
 * started, reached, looked at and ended there. It knows nothing of sessions, and it does not read the
 * protocol that the server and a driver speak (`driver.ts`).
 *
 * A place keeps no state. To find a driver again it needs the driver's *handle*: JSON that the store keeps
 * and that only the place reads. A driver's first handle is stored before anything of the driver exists
 * (`handleFor`). The second handle is stored when the driver has been started (`start`). A server may die
 * between the two. The next server then calls `find` with the first handle, and `find` answers the second
 * handle if the driver was started.
 *
 * A driver carries its *tag*, an unguessable value, in a way that it cannot lose. When a place ends a driver,
 * it ends everything that carries the driver's tag.
 */
export interface Place {
  /** The place's name. The store keeps it with each handle. */
  readonly name: string;
  /** The handle of a driver that does not exist yet. */
  handleFor(driverId: string): DriverHandle;
  /**
   * Starts a driver, and answers the handle by which the driver is found from now on. If the start fails, the
   * caller ends what the start has left.
   */
  start(driver: StartedDriver, spec: LaunchSpec): Promise<DriverHandle>;
  /**
   * Tells what became of drivers that an earlier server started, or was about to start. Answers in the order
   * of `drivers`.
   */
  find(drivers: readonly PlacedDriver[]): Promise<Found[]>;
  /**
   * Access to one driver, whether it is to be started, runs, or has ended. Throws for a handle that this
   * version cannot read.
   */
  at(driver: PlacedDriver): DriverSite;
  /**
   * Ends the drivers of this server's data folder that are not among the answers of `live`, and removes what
   * those drivers left. Answers how many drivers it ended. `live` may be called several times.
   */
  sweep(live: () => Promise<Pick<DriverRow, "id" | "tag">[]>): Promise<number>;
  /** What drivers have left on disk, by driver id. */
  readonly leftovers: Leftovers;
}

/**
 * Access to the driver of a row. Undefined if the driver is in another place, which this server does not
 * reach.
 */
export function siteIn(place: Place, row: DriverRow): DriverSite | undefined {
  return row.place === place.name ? place.at(row) : undefined;
}

/** What a place has to know of a driver. */
export type PlacedDriver = Pick<DriverRow, "id" | "tag" | "token" | "handle">;

/** What a driver has to know of itself. */
export type StartedDriver = PlacedDriver & Pick<DriverRow, "protocol">;

export type Found =
  | { state: "alive" | "dead"; handle: DriverHandle }
  /** The earlier server died before it could start the driver. */
  | { state: "never started" };

/** TCP ports that a driver opens for its own server only, by name. */
export type InnerPort = "ui" | "connect";

/** One driver in its place. */
export interface DriverSite {
  /** Whether the driver's supervisor lives. Rejects if that cannot be found out at this moment. */
  isAlive(): Promise<boolean>;
  /** A stream to the supervisor, for the protocol. Rejects if nobody listens there. */
  connect(): Promise<Duplex>;
  /** A stream to an inner port. Rejects with the driver's reason if it has no such port. */
  openPort(port: InnerPort): Promise<Duplex>;
  /**
   * Ends the supervisor. If the supervisor was asked to end by a message (`isAsked`), waits a little longer
   * than `graceMs` milliseconds for it. Then asks it in the way of the place (a signal, say), and waits as
   * long again. Then ends everything that carries the driver's tag.
   */
  end(how: { isAsked: boolean; graceMs: number }): Promise<void>;
  /** Ends everything that carries the driver's tag. */
  kill(): Promise<void>;
  /** The events of the journal whose number is greater than `after`. Only for a driver that is gone. */
  journal(after: number): Promise<JournaledMessage[]>;
  readonly logs: DriverLogs;
  /**
   * Removes the files that a driver removes itself unless it is killed. With `everything` it removes the
   * driver's logs and its journal too.
   */
  clear(options?: { everything?: boolean }): Promise<void>;
  /** The driver's processes, to be shown to people. */
  processes(): Promise<DriverProcess[]>;
  /** Facts about where the driver is, to be shown to people. */
  describe(): DriverFacts;
}

export interface DriverFacts {
  pid: number | null;
  folder: string | null;
  logs: string[];
}

export interface DriverProcess {
  pid: number;
  command: string;
  /**
   * Proportional set size in bytes: memory that several processes share is divided among them. Null if it
   * cannot be read.
   */
  memoryBytes: number | null;
}

/**
 * What drivers leave behind: logs, journals, warehouses. Results are not included: results are objects in
 * buckets.
 */
export interface Leftovers {
  remove(driverId: string): Promise<void>;
  /** Ids of the drivers that have left something behind. */
  list(): Promise<string[]>;
  /**
   * When a file of this driver was last written to, in epoch milliseconds; 0 if the driver has left nothing.
   */
  usedAt(driverId: string): Promise<number>;
}
