import fc from "fast-check";

/** A request as a client sees it before signing. */
export interface PlainRequest {
  method: string;
  /** Percent-encoded as AWS encodes. */
  path: string;
  query: (readonly [name: string, value: string])[];
  headers: Record<string, string>;
  body: string;
}

const text = fc.string({ unit: "grapheme", maxLength: 12 });
// The signers treat a segment of dots and an encoded slash differently; the SDKs send neither.
const segment = text.filter((value) => !/^\.*$|\//.test(value));
// The signers lose a parameter named __proto__, because they keep parameters in plain objects.
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
