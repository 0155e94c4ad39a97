/** An element's content: text, child elements in order (an array repeats the element), or nothing. */
export type Content = string | number | boolean | Elements | (Elements | string)[] | undefined;
export interface Elements {
  [name: string]: Content;
}

const namespace = "http://s3.amazonaws.com/doc/2006-03-01/";

/** A whole document. S3's errors, unlike its other documents, have no namespace. */
export function document(root: string, content: Elements | string, { isError = false } = {}): string {
  const attribute = isError ? "" : ` xmlns="${namespace}"`;
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${root}${attribute}>${inner(content)}</${root}>`;
}

/** Undefined members are left out. */
function element(name: string, content: Content): string {
  if (content === undefined) return "";
  if (Array.isArray(content)) return content.map((item) => element(name, item)).join("");
  return `<${name}>${inner(content)}</${name}>`;
}

function inner(content: string | number | boolean | Elements): string {
  if (typeof content !== "object") return escapeXml(String(content));
  return Object.entries(content)
    .map(([name, value]) => element(name, value))
    .join("");
}

/**
 * Escapes text for XML. Control characters are written as references, as S3 sends them. XML 1.0 has no place
 * for most control characters, but keys may have them. A line break that is not a reference would be changed
 * by the reader. Clients that cannot read such references ask for encoding-type=url.
 */
export function escapeXml(text: string): string {
  return text.replace(
    /[&<>"'\u0000-\u001f\u007f-\u009f\ufffe\uffff]/g,
    (character) => named[character] ?? `&#x${character.charCodeAt(0).toString(16)};`,
  );
}

const named: Partial<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&apos;",
};
