import type { Duplex } from "node:stream";
import type { DriverHandle, DriverRow } from "../store/types.ts";
import type { DriverLogs } from "./logs.ts";
import type { JournaledMessage } from "./messages.ts";
import type { LaunchSpec } from "./types.ts";

/**
 * A place is where drivers run: this machine (`local/`), or later a cluster. It knows how a driver is started,
 * reached, looked at and ended there. It knows nothing of sessions, and it reads nothing of the protocol that
 * the server and a driver speak (`driver.ts`).
 *
 * A place remembers nothing. What it must know to find a driver again is the driver's *handle*: JSON that the
 * store keeps, and that the place alone reads. A driver's handle is stored before anything of the driver
 * exists (`handleFor`), and again when the driver was started (`start`). A server may die between the two:
 * then `find` is asked with the first handle, and answers the second if the driver was started.
 *
 * A driver carries its *tag*, an unguessable value, in a way that it cannot lose. A place ends whatever carries
 * the tag of a driver that it is asked to end.
 */
export interface Place {
  /** The store keeps it with each handle. */
  readonly name: string;
  /** The handle of a driver that does not exist yet. */
  handleFor(driverId: string): DriverHandle;
  /** Starts a driver; answers the handle by which it is found from now on. The caller ends what a failed start left. */
  start(driver: StartedDriver, spec: LaunchSpec): Promise<DriverHandle>;
  /** What became of drivers that an earlier server has started, or was about to start; in the order of `drivers`. */
  find(drivers: readonly PlacedDriver[]): Promise<Found[]>;
  /** One driver, wherever its life has got to. Throws for a handle that this version cannot read. */
  at(driver: PlacedDriver): DriverSite;
  /**
   * Ends the drivers of this server's data that are not among those that `live` answers, and clears what such
   * drivers left. Answers how many it ended. `live` may be called several times.
   */
  sweep(live: () => Promise<Pick<DriverRow, "id" | "tag">[]>): Promise<number>;
  /** What drivers left that have ended, by the drivers' ids. */
  readonly leftovers: Leftovers;
}

/** Where the driver of a row is; undefined if that is another place, which this server does not reach. */
export function siteIn(place: Place, row: DriverRow): DriverSite | undefined {
  return row.place === place.name ? place.at(row) : undefined;
}

/** What a place has to know of a driver. */
export type PlacedDriver = Pick<DriverRow, "id" | "tag" | "token" | "handle">;

/** What a driver has to know of itself. */
export type StartedDriver = PlacedDriver & Pick<DriverRow, "protocol">;

export type Found =
  | { state: "alive" | "dead"; handle: DriverHandle }
  /** The server died before it could start the driver. */
  | { state: "never started" };

/** TCP ports that a driver opens for itself alone, by name. */
export type InnerPort = "ui" | "connect";

/** One driver in its place. */
export interface DriverSite {
  /** Whether the driver's supervisor lives. Rejects where that cannot be known just now. */
  isAlive(): Promise<boolean>;
  /** A stream to the supervisor, for the protocol. Rejects if nobody listens there. */
  connect(): Promise<Duplex>;
  /** A stream to an inner port. Rejects with the driver's reason if it has no such port. */
  openPort(port: InnerPort): Promise<Duplex>;
  /**
   * Ends the supervisor: waits for `graceMs` if it was asked to end by a message, then asks the way of the place,
   * then ends everything that carries the driver's tag.
   */
  end(how: { isAsked: boolean; graceMs: number }): Promise<void>;
  /** Ends everything that carries the driver's tag. */
  kill(): Promise<void>;
  /** The events of the journal behind the one with the number `after`; of a driver that is gone. */
  journal(after: number): Promise<JournaledMessage[]>;
  readonly logs: DriverLogs;
  /** Removes what a driver removes itself unless it is killed; with `everything` its logs and its journal, too. */
  clear(options?: { everything?: boolean }): Promise<void>;
  /** What runs there, for people to look at. */
  processes(): Promise<DriverProcess[]>;
  /** Where the driver is, for people to look at: facts by name. */
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
  /** Proportional set size: what several processes share is divided among them. Null if it cannot be read. */
  memoryBytes: number | null;
}

/** What drivers leave behind: logs, journals, warehouses. Results are not among them: those are objects in buckets. */
export interface Leftovers {
  remove(driverId: string): Promise<void>;
  /** Ids of the drivers that have left something. */
  list(): Promise<string[]>;
  /** When something of it was last written to, in epoch milliseconds; 0 if it is gone. */
  usedAt(driverId: string): Promise<number>;
}
