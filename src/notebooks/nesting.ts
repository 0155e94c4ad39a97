import { endOfString } from "./json-text.ts";

/** Far deeper than the outputs of any notebook, and shallow enough for every JSON parser. */
const maxDepth = 100;

/**
 * Whether JSON text is nested deeper than any notebook. JSON.parse takes seconds for ten megabytes of
 * brackets, and all other requests wait meanwhile. Only counts brackets outside of strings, so the text need
 * not be valid JSON.
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
