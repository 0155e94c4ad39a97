import type { Tag as WireTag } from "@aws-sdk/client-athena";
import { invalid } from "./refusal.ts";

export interface Tag {
  Key: string;
  Value: string;
}

/** The maximum number of tags of one resource, as at AWS. */
export const tagLimit = 50;

/**
 * Checks the rules of AWS that are not in the API's model: every tag has a key, the keys are unique, and the
 * prefix `aws:` is reserved for AWS. A tag without a value gets the empty value.
 */
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

/** Merges tags by key; later tags win. Refuses more than `tagLimit` tags. */
export function mergedTags(...layers: readonly (readonly Tag[])[]): Tag[] {
  const tags = [...new Map(layers.flat().map((tag) => [tag.Key, tag])).values()];
  if (tags.length > tagLimit) throw tooManyTags();
  return tags;
}

export const tooManyTags = () => invalid(`A resource can have at most ${String(tagLimit)} tags.`);
