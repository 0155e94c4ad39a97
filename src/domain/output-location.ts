/** `s3://bucket/some/folder`, without a slash at its end; undefined for what is no S3 path. Any key characters are allowed, as in S3. */
export function outputFolder(location: string): string | undefined {
  const match = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(\/.*)?$/.exec(location);
  if (!match?.[1]) return undefined;
  return `s3://${match[1]}${(match[2] ?? "").replace(/\/+$/, "")}`;
}

/** Where a calculation's three objects lie. */
export function calculationObjects(workingDirectory: string): { stdout: string; stderr: string; results: string } {
  return {
    stdout: `${workingDirectory}/stdout`,
    stderr: `${workingDirectory}/stderr`,
    results: `${workingDirectory}/results`,
  };
}
