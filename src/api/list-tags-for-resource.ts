import type { Tag } from "../domain/tags.ts";
import type { TagService } from "../tags/tag-service.ts";
import { operation } from "./operation.ts";
import { page, type PageTokens } from "./page-token.ts";

/** The smallest page that the API allows. A resource cannot have more tags than this. */
const defaultLimit = 75;

export const listTagsForResource = (deps: { tags: Pick<TagService, "list">; tokens: PageTokens }) =>
  operation("ListTagsForResource", async (input) => {
    const resourceArn = input.ResourceARN;
    const { rows, NextToken } = await page<Tag, { key: string }>(
      deps.tokens,
      {
        operation: "ListTagsForResource",
        filters: { resourceArn },
        token: input.NextToken,
        limit: input.MaxResults ?? defaultLimit,
      },
      (after, limit) => deps.tags.list(resourceArn, { after: after?.key, limit }),
      ({ Key }) => ({ key: Key }),
    );
    return { Tags: rows, NextToken };
  });
