// What the clients know: everything that they asked for, and what was acknowledged of it.

export interface SessionEntry {
  /** Its description; no two sessions have the same. */
  readonly name: string;
  readonly token: string;
  /** Undefined until a start was acknowledged. */
  id?: string;
  termination?: "asked" | "acknowledged";
  /** The pid of its supervisor, as its calculations print it: it must never change. */
  driver?: string;
  /** Its end was seen. */
  isOver?: boolean;
  /** Its request was sent again by a client that forgot the answer. */
  isRepeated?: boolean;
  readonly calculations: CalculationEntry[];
}

export interface CalculationEntry {
  readonly name: string;
  readonly token: string;
  readonly session: SessionEntry;
  /** The code writes a line when it begins and one when it ends. */
  readonly file: string;
  readonly code: string;
  /** Undefined until a start was acknowledged. */
  id?: string;
  /** Nobody may ever run it. */
  isRefused?: boolean;
  /** `canceling`: the service has said that it is being canceled. */
  stop?: "asked" | "canceling";
  /** What it cost; known when its end was seen. */
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
