import type { Config } from "../config/config.ts";
import { glauxCommand } from "./command-line.ts";
import { CliError } from "./failure.ts";
import { readProfile } from "./profile.ts";
import { findService } from "./run/find-service.ts";
import { signedFetch } from "./run/signed-fetch.ts";

type Env = Readonly<Record<string, string | undefined>>;

/**
 * The JSON of a page under `/-/` of the service that runs on the data folder; undefined if the service has no
 * such page.
 */
export async function readServicePage(config: Config, env: Env, path: string): Promise<unknown> {
  const endpoint = await findService(config);
  if (endpoint === undefined)
    throw new CliError(`no Glaux service runs on ${config.home}\n  → ${glauxCommand(env, "serve")}`);
  const { region, credentials } = await readProfile(config, env);
  const response = await signedFetch({ endpoint, region, credentials })("athena", path);
  if (response.status === 404) return undefined;
  if (!response.ok) throw new CliError(`the service answered ${String(response.status)} to ${path}`);
  return response.json();
}
