import type { Edit } from "./json-edit.ts";
import { isCount, isObject, type JsonObject } from "./rules.ts";

/** How many more objects may be repaired. */
export interface Allowance {
  left: number;
}

/** Changes the members of a parsed object, and records the changes as an edit of its text. */
export class Repairs {
  /** The recorded changes; undefined if there are none. */
  edit: Edit | undefined;
  readonly #object: JsonObject;

  constructor(object: JsonObject) {
    this.#object = object;
  }

  /** Sets a member. Must be called at most once for each member. */
  set(name: string, value: unknown): void {
    this.#object[name] = value;
    (this.edit ??= { members: [] }).members.push([name, value]);
  }

  /** Sets a member that is absent or null. */
  setAbsent(name: string, value: unknown): void {
    if (this.#isAbsent(name)) this.set(name, value);
  }

  /** Repairs an execution count: a value that is not a count has no meaning, and becomes null. */
  count(name: string): void {
    if (!isCount(this.#object[name])) this.set(name, null);
  }

  /** Repairs the objects in a list, until the allowance is used up. */
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
