import { isAthenaArn, resourceNamed, type ArnScope, type Resource } from "../domain/arn.ts";
import { invalid, resourceNotFound } from "../domain/refusal.ts";
import type { Store } from "../store/types.ts";

/** Finds the resource that the ARN in a request names. */
export class Resources {
  readonly #store: Pick<Store, "workGroups" | "sessions">;
  readonly #scope: ArnScope;

  constructor(store: Pick<Store, "workGroups" | "sessions">, scope: ArnScope) {
    this.#store = store;
    this.#scope = scope;
  }

  /**
   * Refuses a text that is not an ARN of Athena, and the ARN of a resource that does not exist here. Sessions
   * that are over still exist.
   */
  async find(arn: string): Promise<Resource> {
    if (!isAthenaArn(arn)) throw invalid("ResourceARN is not a valid ARN of Athena.");
    const resource = resourceNamed(arn, this.#scope);
    if (!resource || !(await this.#exists(resource))) throw resourceNotFound(arn);
    return resource;
  }

  async #exists(resource: Resource): Promise<boolean> {
    if (resource.kind === "workGroup") return (await this.#store.workGroups.find(resource.name)) !== undefined;
    return (await this.#store.sessions.find(resource.id))?.workGroup === resource.workGroup;
  }
}
