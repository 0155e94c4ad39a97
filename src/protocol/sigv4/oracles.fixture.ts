import fc from "fast-check";

/** A request as a client sees it before signing. */
export interface PlainRequest {
  method: string;
  /** Encoded as AWS encodes. */
  path: string;
  query: (readonly [name: string, value: string])[];
  headers: Record<string, string>;
  body: string;
}

const text = fc.string({ unit: "grapheme", maxLength: 12 });
// Signers differ on a segment of dots and on an encoded slash; the SDKs send neither.
const segment = text.filter((value) => !/^\.*$|\//.test(value));
// A parameter of the name __proto__ is lost in the signers' own objects.
const parameterName = text.filter((name) => name !== "" && name !== "__proto__");
const word = fc.stringMatching(/^[a-z]{1,8}$/);
const visible = fc.stringMatching(/^[!-~]([ -~]{0,20}[!-~])?$/);

export const arbitraryRequest: fc.Arbitrary<PlainRequest> = fc.record({
  method: fc.constantFrom("GET", "PUT", "POST", "DELETE"),
  path: fc.array(segment, { maxLength: 4 }).map((segments) => `/${segments.map(encodeStrictly).join("/")}`),
  query: fc.array(fc.tuple(parameterName, text), { maxLength: 4 }),
  headers: fc.dictionary(
    word.map((name) => `x-amz-meta-${name}`),
    visible,
    { maxKeys: 3 },
  ),
  body: text,
});

export function encodeStrictly(value: string): string {
  return encodeURIComponent(value).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
