import type { Edit } from "./json-edit.ts";
import { isCount, isObject, type JsonObject } from "./rules.ts";

/** How many objects may still be repaired. */
export interface Allowance {
  left: number;
}

/** Changes members of a parsed object, and notes the changes as an edit of its text. */
export class Repairs {
  /** Undefined as long as nothing has changed. */
  edit: Edit | undefined;
  readonly #object: JsonObject;

  constructor(object: JsonObject) {
    this.#object = object;
  }

  /** Once for each member. */
  set(name: string, value: unknown): void {
    this.#object[name] = value;
    (this.edit ??= { members: [] }).members.push([name, value]);
  }

  /** For a member that is absent, or null. */
  setAbsent(name: string, value: unknown): void {
    if (this.#isAbsent(name)) this.set(name, value);
  }

  /** The number of a run: what is none tells nothing, and becomes null. */
  count(name: string): void {
    if (!isCount(this.#object[name])) this.set(name, null);
  }

  /** Repairs the objects of a list, as many as are allowed. */
  each(name: string, allowance: Allowance, repair: (item: JsonObject) => Edit | undefined): void {
    const items = this.#object[name];
    if (!Array.isArray(items)) return;
    const inside = new Map<number, Edit>();
    for (const [index, item] of items.entries()) {
      const edit = isObject(item) ? repair(item) : undefined;
      if (edit) inside.set(index, edit);
      if (edit && --allowance.left <= 0) break;
    }
    if (inside.size > 0) ((this.edit ??= { members: [] }).inside ??= new Map()).set(name, { members: [], inside });
  }

  #isAbsent(name: string): boolean {
    return this.#object[name] === undefined || this.#object[name] === null;
  }
}
