import type { TagService } from "../tags/tag-service.ts";
import { operation } from "./operation.ts";

export const untagResource = (deps: { tags: Pick<TagService, "untag"> }) =>
  operation("UntagResource", async (input) => {
    await deps.tags.untag(input.ResourceARN, input.TagKeys);
    return {};
  });
