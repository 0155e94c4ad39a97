import { shellQuote } from "./shell-quote.ts";

type Env = Readonly<Record<string, string | undefined>>;

export interface ClientSettings {
  configFile: string;
  credentialsFile: string;
  profile: string;
  region: string;
}

const set = ["AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "AWS_PROFILE", "AWS_REGION"];

/** These would win over the profile: keys and endpoints in every client, the last two in botocore. */
const cleared = [
  "AWS_ACCESS_KEY_ID",
  "AWS_SECRET_ACCESS_KEY",
  "AWS_SESSION_TOKEN",
  "AWS_ENDPOINT_URL",
  "AWS_ENDPOINT_URL_ATHENA",
  "AWS_ENDPOINT_URL_S3",
  "AWS_DEFAULT_PROFILE",
  "AWS_DEFAULT_REGION",
];

/** What was set before waits under this prefix for `undo`. */
const saved = "GLAUX_SAVED_";

/** Lines for a POSIX shell after which AWS clients use the service. */
export function exports(env: Env, settings: ClientSettings): string {
  // A second time, what is set now is our own: what was saved at the first time stays.
  const toSave = isActive(env, settings.profile) ? [] : [...set, ...cleared];
  return lines([
    ...toSave.map((name) => (env[name] === undefined ? undefined : assign(saved + name, env[name]))),
    assign("AWS_CONFIG_FILE", settings.configFile),
    assign("AWS_SHARED_CREDENTIALS_FILE", settings.credentialsFile),
    assign("AWS_PROFILE", settings.profile),
    assign("AWS_REGION", settings.region),
    `unset ${cleared.join(" ")}`,
  ]);
}

/** Lines that bring back what was set before. Without effect where `exports` was not evaluated. */
export function undo(env: Env, profile: string): string {
  if (!isActive(env, profile)) return "";
  const names = [...set, ...cleared].filter((name) => env[saved + name] !== undefined);
  return lines([
    `unset ${set.join(" ")}`,
    ...names.map((name) => assign(name, env[saved + name] ?? "")),
    names.length === 0 ? undefined : `unset ${names.map((name) => saved + name).join(" ")}`,
  ]);
}

const isActive = (env: Env, profile: string) => env["AWS_PROFILE"] === profile;

const assign = (name: string, value: string) => `export ${name}=${shellQuote(value)}`;

const lines = (all: (string | undefined)[]) =>
  all.flatMap((line) => (line === undefined ? [] : [`${line}\n`])).join("");
