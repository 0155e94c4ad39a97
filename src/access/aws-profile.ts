import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { replaceFile } from "./private-file.ts";

export interface AwsProfile {
  /** The data folder; the files are `<home>/aws/config` and `<home>/aws/credentials`. */
  home: string;
  endpointUrl: string;
  region: string;
  key: { accessKeyId: string; secretAccessKey: string };
}

export const profileName = "glaux";

const firstLine = "# Written by Glaux at every start.";

/**
 * Writes the profile by which every AWS client finds this service. It is replaced at every start, because the
 * port may have changed. Format: https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html
 */
export async function writeAwsProfile({ home, endpointUrl, region, key }: AwsProfile): Promise<AwsProfilePaths> {
  const paths = awsProfilePaths(home);
  await mkdir(join(home, "aws"), { recursive: true, mode: 0o700 });
  await replaceFile(paths.credentialsFile, credentials(key), 0o600);
  await replaceFile(paths.configFile, config(endpointUrl, region), 0o644);
  return paths;
}

/** True if the text of a `config` or `credentials` file was written by Glaux, and is not a user's own. */
export const isOwnProfile = (text: string): boolean => text.startsWith(`${firstLine}\n`);

export interface AwsProfilePaths {
  configFile: string;
  credentialsFile: string;
}

export function awsProfilePaths(home: string): AwsProfilePaths {
  return { configFile: join(home, "aws", "config"), credentialsFile: join(home, "aws", "credentials") };
}

function config(endpointUrl: string, region: string): string {
  return [
    firstLine,
    `[profile ${profileName}]`,
    `region = ${region}`,
    `endpoint_url = ${endpointUrl}`,
    // Buckets have no host names of their own here.
    "s3 =",
    "  addressing_style = path",
    // Without this setting the AWS CLI presigns URLs in an old form, which the service does not accept.
    "  signature_version = s3v4",
    "",
  ].join("\n");
}

function credentials({ accessKeyId, secretAccessKey }: AwsProfile["key"]): string {
  return [
    firstLine,
    `[${profileName}]`,
    `aws_access_key_id = ${accessKeyId}`,
    `aws_secret_access_key = ${secretAccessKey}`,
    "",
  ].join("\n");
}
