import { profileName } from "../access/aws-profile.ts";
import { readConfig } from "../config/config.ts";
import { exports, undo } from "./env-lines.ts";
import { readProfile } from "./profile.ts";

/** `glaux env`: prints shell lines on standard output. If something is wrong, nothing is printed there. */
export async function printEnv(
  env: Readonly<Record<string, string | undefined>>,
  { unset = false }: { unset?: boolean },
): Promise<number> {
  if (unset) {
    process.stdout.write(undo(env, profileName));
    return 0;
  }
  const { configFile, credentialsFile, region, endpoint } = await readProfile(readConfig(env), env);
  process.stdout.write(exports(env, { configFile, credentialsFile, profile: profileName, region, endpoint }));
  return 0;
}
