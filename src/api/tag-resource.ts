import type { TagService } from "../tags/tag-service.ts";
import { operation } from "./operation.ts";

export const tagResource = (deps: { tags: Pick<TagService, "tag"> }) =>
  operation("TagResource", async (input) => {
    await deps.tags.tag(input.ResourceARN, input.Tags);
    return {};
  });
