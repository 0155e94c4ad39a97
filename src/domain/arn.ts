/** The parts of an ARN that are the same for all resources of this server. All three are settings. */
export interface ArnScope {
  partition: string;
  region: string;
  accountId: string;
}

/** The kinds of resources that an ARN can name on this server. */
export type Resource = { kind: "workGroup"; name: string } | { kind: "session"; workGroup: string; id: string };

/**
 * The resource part of an ARN. The store uses it as the name of a resource, because the other parts of an ARN
 * are settings, which may change.
 */
export function resourcePath(resource: Resource): string {
  return resource.kind === "workGroup"
    ? `workgroup/${resource.name}`
    : `workgroup/${resource.workGroup}/session/${resource.id}`;
}

export function arnOf(resource: Resource, { partition, region, accountId }: ArnScope): string {
  return `arn:${partition}:athena:${region}:${accountId}:${resourcePath(resource)}`;
}

export function isAthenaArn(text: string): boolean {
  return /^arn:[^:]+:athena:[^:]*:[^:]*:.+$/.test(text);
}

/**
 * The resource that an ARN names, whether it exists or not. Undefined if the resource cannot exist on this
 * server: if it belongs to another account or region, or is of another kind.
 */
export function resourceNamed(arn: string, scope: ArnScope): Resource | undefined {
  const match = /:workgroup\/([^/:]+)(?:\/session\/([^/:]+))?$/.exec(arn);
  const [, workGroup, id] = match ?? [];
  if (workGroup === undefined) return undefined;
  const resource: Resource =
    id === undefined ? { kind: "workGroup", name: workGroup } : { kind: "session", workGroup, id };
  // An ARN may lack the account. Terraform writes such ARNs with `skip_requesting_account_id`, which it needs
  // here because this server has no STS to ask for the account.
  return [scope, { ...scope, accountId: "" }].some((any) => arnOf(resource, any) === arn) ? resource : undefined;
}
