/**
 * The form `s3://bucket/some/folder`, without a trailing slash. Undefined if `location` is not an S3 path.
 * Any characters are allowed in the key, as in S3.
 */
export function outputFolder(location: string): string | undefined {
  const match = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(\/.*)?$/.exec(location);
  if (!match?.[1]) return undefined;
  return `s3://${match[1]}${(match[2] ?? "").replace(/\/+$/, "")}`;
}

/** The URIs of a calculation's three objects. */
export function calculationObjects(workingDirectory: string): { stdout: string; stderr: string; results: string } {
  return {
    stdout: `${workingDirectory}/stdout`,
    stderr: `${workingDirectory}/stderr`,
    results: `${workingDirectory}/results`,
  };
}
