import type { Tag as WireTag } from "@aws-sdk/client-athena";
import { invalid } from "./refusal.ts";

export interface Tag {
  Key: string;
  Value: string;
}

/** Tags of one resource, as at AWS. */
export const tagLimit = 50;

/** The rules of AWS that the API's model does not have: every tag has a key, keys are unique, and `aws:` is theirs. A tag without a value has the empty one. */
export function checkedTags(tags: readonly WireTag[]): Tag[] {
  const keys = new Set<string>();
  return tags.map(({ Key: key, Value: value = "" }) => {
    if (key === undefined) throw invalid("A tag needs a Key.");
    if (/^aws:/i.test(key)) throw invalid("aws: prefixed tag key names are not allowed for external use.");
    if (keys.has(key)) throw invalid("Tag keys must be unique.");
    keys.add(key);
    return { Key: key, Value: value };
  });
}

/** Later tags win over earlier ones of the same key. */
export function mergedTags(...layers: readonly (readonly Tag[])[]): Tag[] {
  const tags = [...new Map(layers.flat().map((tag) => [tag.Key, tag])).values()];
  if (tags.length > tagLimit) throw tooManyTags();
  return tags;
}

export const tooManyTags = () => invalid(`A resource can have at most ${String(tagLimit)} tags.`);
