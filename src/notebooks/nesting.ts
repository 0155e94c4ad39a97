import { endOfString } from "./json-text.ts";

/** Far deeper than any notebook's output, and shallow enough for every reader of JSON. */
const maxDepth = 100;

/**
 * Whether JSON text is nested deeper than a notebook ever is: ten megabytes of brackets take JSON.parse seconds, while all other requests wait. Looks at
 * brackets outside of strings alone, so the text may be any.
 */
export function isNestedTooDeep(text: string): boolean {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    switch (text.charAt(at)) {
      case '"':
        at = endOfString(text, at);
        break;
      case "[":
      case "{":
        if (++depth > maxDepth) return true;
        break;
      case "]":
      case "}":
        depth--;
    }
  }
  return false;
}
