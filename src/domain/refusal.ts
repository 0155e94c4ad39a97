/** Why a use case refuses a request; api/operation.ts turns it into the API's exceptions. */
export type RefusalKind = "invalid" | "tokenMismatch" | "tooMany" | "notFound" | "sessionExists";

/**
 * A use case refuses a request. The message is for the caller. Published clients match many of these texts.
 */
export class Refusal extends Error {
  readonly kind: RefusalKind;
  /** For `notFound`: the name of the missing resource. */
  readonly resourceName: string | undefined;

  constructor(kind: RefusalKind, message: string, resourceName?: string) {
    super(message);
    this.name = "Refusal";
    this.kind = kind;
    this.resourceName = resourceName;
  }
}

export const invalid = (message: string) => new Refusal("invalid", message);
export const sessionNotFound = (id: string) => invalid(`Session ${id} was not found`);
export const calculationNotFound = (id: string) => invalid(`Calculation execution ${id} was not found`);
export const notebookNotFound = (id: string) => invalid(`Notebook ${id} was not found`);
export const workGroupNotFound = () => invalid("WorkGroup is not found.");
export const tooManySessions = (limit: number) =>
  new Refusal("tooMany", `Maximum allowed sessions reached (${String(limit)})`);
/**
 * The refusal for DPUs, as `tooManySessions` is the refusal for sessions. Published clients match this text.
 */
export const noCapacity = () =>
  invalid("Failed to Provision session due to required capacity not being available for the account");
export const resourceNotFound = (arn: string) => new Refusal("notFound", `Resource ${arn} was not found`, arn);
export const tokenMismatch = () => new Refusal("tokenMismatch", "Idempotent parameters do not match");
