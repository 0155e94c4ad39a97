import { readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { awsProfilePaths, profileName } from "../access/aws-profile.ts";
import type { Config } from "../config/config.ts";
import { glauxCommand } from "./command-line.ts";
import { CliError } from "./failure.ts";

export interface Profile {
  configFile: string;
  credentialsFile: string;
  region: string;
  /** Undefined if the profile has none, as a profile that somebody else wrote may. */
  endpoint: string | undefined;
  credentials: { accessKeyId: string; secretAccessKey: string };
}

/**
 * Reads the AWS profile of the data folder. Throws CliError if there is none, as before the service's first
 * start.
 */
export async function readProfile(config: Config, env: Readonly<Record<string, string | undefined>>): Promise<Profile> {
  const { configFile, credentialsFile } = awsProfilePaths(config.home);
  const profile = await section(configFile, `profile ${profileName}`);
  const region = profile.get("region");
  const credentials = await section(credentialsFile, profileName);
  const accessKeyId = credentials.get("aws_access_key_id");
  const secretAccessKey = credentials.get("aws_secret_access_key");
  if (region === undefined || accessKeyId === undefined || secretAccessKey === undefined) {
    throw new CliError(
      `there is no AWS profile in ${dirname(configFile)} yet: the service writes it when it starts\n  → ${glauxCommand(env, "serve")}`,
    );
  }
  const endpoint = profile.get("endpoint_url");
  return { configFile, credentialsFile, region, endpoint, credentials: { accessKeyId, secretAccessKey } };
}

/** The settings of one section; empty if the file or the section is missing. */
async function section(file: string, name: string): Promise<Map<string, string>> {
  const text = await readFile(file, "utf8").catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "";
    throw error;
  });
  const found = new Map<string, string>();
  let isInside = false;
  for (const line of text.split("\n")) {
    if (line.startsWith("[")) isInside = line.trim() === `[${name}]`;
    const setting = /^(\w+)\s*=\s*(.*)$/.exec(line);
    if (isInside && setting?.[1] !== undefined) found.set(setting[1], (setting[2] ?? "").trim());
  }
  return found;
}
