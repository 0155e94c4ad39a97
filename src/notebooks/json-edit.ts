import { childrenOf, skipSpace } from "./json-text.ts";

/** Members that an object in JSON text gets, and edits of the values inside it. */
export interface Edit {
  members: [name: string, value: unknown][];
  inside?: Map<string | number, Edit>;
}

/**
 * JSON text with the members of `edit`, and every other character unchanged. JSON.parse and JSON.stringify
 * would round large numbers. The text must be JSON, and an object that gets new members must not be empty.
 */
export function edited(text: string, edit: Edit): string {
  const pieces: string[] = [];
  let copied = 0;
  const replace = (from: number, to: number, by: string): void => {
    pieces.push(text.slice(copied, from), by);
    copied = to;
  };
  const apply = (start: number, { members, inside }: Edit): void => {
    const children = childrenOf(text, start);
    const added = members.filter(([name]) => !children.has(name));
    replace(start + 1, start + 1, added.map(([name, value]) => `${json(name)}: ${json(value)}, `).join(""));
    for (const [name, { from, to }] of children) {
      const member = members.find((one) => one[0] === name);
      const inner = inside?.get(name);
      if (member) replace(from, to, json(member[1]));
      else if (inner) apply(from, inner);
    }
  };
  apply(skipSpace(text, 0), edit);
  return [...pieces, text.slice(copied)].join("");
}

const json = (value: unknown): string => JSON.stringify(value);
