// What the clients know: everything that they asked for, and which of it was acknowledged.

export interface SessionEntry {
  /** The session's description. No two sessions have the same. */
  readonly name: string;
  readonly token: string;
  /** Undefined until a start was acknowledged. */
  id?: string;
  termination?: "asked" | "acknowledged";
  /** The pid of the session's supervisor, as its calculations print it. It must never change. */
  driver?: string;
  /** True when the session's end was seen. */
  isOver?: boolean;
  /** True when the session's request was sent again, by a client that forgot the answer. */
  isRepeated?: boolean;
  readonly calculations: CalculationEntry[];
}

export interface CalculationEntry {
  readonly name: string;
  readonly token: string;
  readonly session: SessionEntry;
  /** The file in which the code writes a line when it begins and a line when it ends. */
  readonly file: string;
  readonly code: string;
  /** Undefined until a start was acknowledged. */
  id?: string;
  /** True if the calculation was refused. Then no server may ever run it. */
  isRefused?: boolean;
  /**
   * `asked`: a stop was requested. `canceling`: the service has said that the calculation is being canceled.
   */
  stop?: "asked" | "canceling";
  /** What the calculation cost, known when its end was seen. */
  dpuMs?: number;
  isRepeated?: boolean;
}

export class Ledger {
  readonly sessions: SessionEntry[] = [];

  newSession(): SessionEntry {
    const name = `session ${String(this.sessions.length + 1)}`;
    const entry: SessionEntry = { name, token: tokenOf(name), calculations: [] };
    this.sessions.push(entry);
    return entry;
  }

  /** Sessions whose end was neither asked for nor seen. */
  usable(): SessionEntry[] {
    return this.open().filter((session) => session.termination === undefined);
  }

  /** Acknowledged sessions whose end was not seen. */
  open(): SessionEntry[] {
    return this.sessions.filter((session) => session.id !== undefined && session.isOver !== true);
  }

  unacknowledged(): SessionEntry[] {
    return this.sessions.filter((session) => session.id === undefined);
  }

  calculations(): CalculationEntry[] {
    return this.sessions.flatMap((session) => session.calculations);
  }

  /** Acknowledged calculations whose end was not seen. */
  running(): CalculationEntry[] {
    return this.calculations().filter((calculation) => calculation.id !== undefined && calculation.dpuMs === undefined);
  }

  unanswered(): CalculationEntry[] {
    return this.calculations().filter(({ id, isRefused }) => id === undefined && isRefused !== true);
  }
}

/** Tokens have at least 32 characters. */
export const tokenOf = (name: string) => name.padEnd(32, ".");
