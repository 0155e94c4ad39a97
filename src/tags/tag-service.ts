import type { Tag as WireTag } from "@aws-sdk/client-athena";
import { resourcePath } from "../domain/arn.ts";
import { checkedTags, tagLimit, tooManyTags, type Tag } from "../domain/tags.ts";
import type { TagStore } from "../store/types.ts";
import type { Resources } from "./resources.ts";

/**
 * The use cases of tags. The tags that a resource is created with are not stored here, but in the transaction
 * that inserts the resource.
 */
export class TagService {
  readonly #deps: { store: TagStore; resources: Resources };

  constructor(deps: { store: TagStore; resources: Resources }) {
    this.#deps = deps;
  }

  /** Adds tags. A tag whose key the resource already has gets the new value. */
  async tag(arn: string, tags: readonly WireTag[]): Promise<void> {
    const path = resourcePath(await this.#deps.resources.find(arn));
    if (!(await this.#deps.store.put(path, checkedTags(tags), tagLimit))) throw tooManyTags();
  }

  /** Removes tags. Ignores keys that the resource does not have. */
  async untag(arn: string, keys: readonly string[]): Promise<void> {
    await this.#deps.store.remove(resourcePath(await this.#deps.resources.find(arn)), keys);
  }

  async list(arn: string, page: { after: string | undefined; limit: number }): Promise<Tag[]> {
    return this.#deps.store.list(resourcePath(await this.#deps.resources.find(arn)), page);
  }
}
