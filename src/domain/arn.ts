/** Where this server's resources are in the world of ARNs. All three are settings. */
export interface ArnScope {
  partition: string;
  region: string;
  accountId: string;
}

/** What an ARN can name here. */
export type Resource = { kind: "workGroup"; name: string } | { kind: "session"; workGroup: string; id: string };

/** The resource part of an ARN. It names a resource in the store too, because the other parts are settings and may change. */
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

/** What an ARN names, whether it exists or not; undefined for what cannot exist on this server: another account's or region's, or another kind of resource. */
export function resourceNamed(arn: string, scope: ArnScope): Resource | undefined {
  const match = /:workgroup\/([^/:]+)(?:\/session\/([^/:]+))?$/.exec(arn);
  const [, workGroup, id] = match ?? [];
  if (workGroup === undefined) return undefined;
  const resource: Resource =
    id === undefined ? { kind: "workGroup", name: workGroup } : { kind: "session", workGroup, id };
  // Terraform leaves the account out when it is told not to ask for it, which takes a service that is not served here.
  return [scope, { ...scope, accountId: "" }].some((any) => arnOf(resource, any) === arn) ? resource : undefined;
}
