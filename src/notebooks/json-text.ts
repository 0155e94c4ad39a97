// Finds positions in JSON text. Apart from `endOfString`, these functions need text that JSON.parse accepts.

export interface Span {
  from: number;
  to: number;
}

/**
 * The positions of the values in the object or list at `start`, in their order. If a name occurs twice, its
 * last value counts, as for JSON.parse.
 */
export function childrenOf(text: string, start: number): Map<string | number, Span> {
  const children = new Map<string | number, Span>();
  const isList = text[start] === "[";
  let at = skipSpace(text, start + 1);
  for (let index = 0; text[at] !== "]" && text[at] !== "}"; index++) {
    let name: string | number = index;
    if (!isList) {
      const end = endOfString(text, at) + 1;
      name = JSON.parse(text.slice(at, end)) as string;
      at = skipSpace(text, skipSpace(text, end) + 1);
    }
    const to = endOfValue(text, at);
    children.delete(name);
    children.set(name, { from: at, to });
    at = skipSpace(text, to);
    if (text[at] === ",") at = skipSpace(text, at + 1);
  }
  return children;
}

export function skipSpace(text: string, start: number): number {
  let at = start;
  while (text[at] === " " || text[at] === "\n" || text[at] === "\r" || text[at] === "\t") at++;
  return at;
}

/**
 * The position of the closing quote of the string that begins at `start`; the length of the text if there is
 * none.
 */
export function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === "\\") at++;
    else if (text[at] === '"') return at;
  }
  return text.length;
}

function endOfValue(text: string, start: number): number {
  switch (text[start]) {
    case '"':
      return endOfString(text, start) + 1;
    case "[":
    case "{":
      return endOfBrackets(text, start);
    default: {
      let at = start;
      while (at < text.length && !",]} \n\r\t".includes(text.charAt(at))) at++;
      return at;
    }
  }
}

function endOfBrackets(text: string, start: number): number {
  let depth = 0;
  for (let at = start; at < text.length; at++) {
    switch (text.charAt(at)) {
      case '"':
        at = endOfString(text, at);
        break;
      case "[":
      case "{":
        depth++;
        break;
      case "]":
      case "}":
        if (--depth === 0) return at + 1;
    }
  }
  return text.length;
}
