import { isUtf8 } from "node:buffer";

export type JsonValue = string | number | boolean | null | JsonValue[] | { [name: string]: JsonValue };

/**
 * Thrown for text that is not JSON, and for JSON that is refused here. `reason` is set only in the second
 * case.
 */
export class JsonError extends Error {
  readonly reason: string | undefined;

  constructor(reason?: string) {
    super(reason ?? "Not JSON");
    this.reason = reason;
  }
}

const maxDepth = 64;
const maxValues = 200_000;

/**
 * Reads JSON in time linear to its length. Refuses what two readers could understand differently and what
 * could not be stored: invalid UTF-8, the same name twice in one object, the name `__proto__`, lone
 * surrogates, numbers beyond a double. Also refuses deeper nesting and more values than any request of the
 * API has. Throws JsonError.
 *
 * JSON.parse alone would accept most of that. So JSON.parse reads only the strings, which make up most of the
 * bytes.
 */
export function parseJson(bytes: Buffer): JsonValue {
  if (!isUtf8(bytes)) throw new JsonError();
  return new Reader(bytes.toString("utf8")).readAll();
}

class Reader {
  readonly #text: string;
  #at = 0;
  #depth = 0;
  #values = 0;

  constructor(text: string) {
    this.#text = text;
  }

  readAll(): JsonValue {
    const value = this.#value();
    if (this.#next() !== "") throw new JsonError();
    return value;
  }

  #value(): JsonValue {
    if (++this.#values > maxValues) throw new JsonError(`The request has more than ${String(maxValues)} values.`);
    switch (this.#next()) {
      case "{":
        return this.#nested(() => this.#object());
      case "[":
        return this.#nested(() => this.#array());
      case '"':
        return this.#string();
      case "t":
        return this.#word("true", true);
      case "f":
        return this.#word("false", false);
      case "n":
        return this.#word("null", null);
      default:
        return this.#number();
    }
  }

  #nested<T>(read: () => T): T {
    if (++this.#depth > maxDepth) throw new JsonError(`The request is nested deeper than ${String(maxDepth)} levels.`);
    this.#at++;
    const value = read();
    this.#depth--;
    return value;
  }

  #object(): JsonValue {
    const members: Record<string, JsonValue> = {};
    if (this.#skips("}")) return members;
    do {
      if (this.#next() !== '"') throw new JsonError();
      const name = this.#string();
      if (name === "__proto__") throw new JsonError("A member must not be named '__proto__'.");
      if (Object.hasOwn(members, name)) throw new JsonError("An object has two members of the same name.");
      if (!this.#skips(":")) throw new JsonError();
      members[name] = this.#value();
    } while (this.#skips(","));
    if (!this.#skips("}")) throw new JsonError();
    return members;
  }

  #array(): JsonValue {
    const items: JsonValue[] = [];
    if (this.#skips("]")) return items;
    do items.push(this.#value());
    while (this.#skips(","));
    if (!this.#skips("]")) throw new JsonError();
    return items;
  }

  #string(): string {
    const text = this.#text;
    let end = this.#at + 1;
    for (let code = text.charCodeAt(end); code !== 0x22; code = text.charCodeAt(++end)) {
      if (code === 0x5c) end++;
      if (end >= text.length) throw new JsonError();
    }
    const value = parseLiteral(text.slice(this.#at, end + 1));
    this.#at = end + 1;
    if (!value.isWellFormed()) throw new JsonError("A string has half of a surrogate pair.");
    return value;
  }

  #number(): number {
    const pattern = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
    pattern.lastIndex = this.#at;
    const literal = pattern.exec(this.#text)?.[0];
    if (literal === undefined) throw new JsonError();
    this.#at += literal.length;
    const value = Number(literal);
    if (!Number.isFinite(value)) throw new JsonError("A number is too large.");
    return value;
  }

  #word<T>(word: string, value: T): T {
    if (!this.#text.startsWith(word, this.#at)) throw new JsonError();
    this.#at += word.length;
    return value;
  }

  #skips(character: string): boolean {
    if (this.#next() !== character) return false;
    this.#at++;
    return true;
  }

  /** Skips white space and returns the next character, without consuming it; an empty string at the end. */
  #next(): string {
    const text = this.#text;
    let at = this.#at;
    while (isSpace(text.charCodeAt(at))) at++;
    this.#at = at;
    return text.charAt(at);
  }
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;
}

function parseLiteral(literal: string): string {
  try {
    return JSON.parse(literal) as string;
  } catch {
    throw new JsonError();
  }
}
