import { shellQuote } from "./shell-quote.ts";

type Env = Readonly<Record<string, string | undefined>>;

export interface ClientSettings {
  configFile: string;
  credentialsFile: string;
  profile: string;
  region: string;
  /** Where the profile leads, `http://host:port`; undefined if it does not say. */
  endpoint: string | undefined;
}

const set = ["AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "AWS_PROFILE", "AWS_REGION"];

/** These would win over the profile, or keep its endpoint from being used: in every client, the last two in botocore. */
const cleared = [
  "AWS_ACCESS_KEY_ID",
  "AWS_SECRET_ACCESS_KEY",
  "AWS_SESSION_TOKEN",
  "AWS_ROLE_ARN",
  "AWS_WEB_IDENTITY_TOKEN_FILE",
  "AWS_ENDPOINT_URL",
  "AWS_ENDPOINT_URL_ATHENA",
  "AWS_ENDPOINT_URL_S3",
  "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
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
    ...bypassProxy(env, settings.endpoint),
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
    ...proxyBypasses.flatMap((name) => {
      const before = env[saved + name];
      if (before === undefined) return [];
      return [before === "" ? `unset ${name}` : assign(name, before), `unset ${saved}${name}`];
    }),
  ]);
}

/** The hosts that are reached without a proxy. Where both are set, Python and curl look at the first. */
const proxyBypasses = ["no_proxy", "NO_PROXY"];

/** botocore asks a proxy even for what is on this machine: then the lines name the service's host too. */
function bypassProxy(env: Env, endpoint: string | undefined): string[] {
  const host = endpoint === undefined ? undefined : new URL(endpoint).hostname;
  if (host === undefined || !isLoopback(host) || !(env["http_proxy"] || env["HTTP_PROXY"])) return [];
  const hosts = env["no_proxy"] ?? env["NO_PROXY"] ?? "";
  if (hosts.split(",").some((name) => [host, "*"].includes(name.trim()))) return [];
  const more = hosts === "" ? host : `${hosts},${host}`;
  // Saved also where there was nothing, as a sign that it has to be unset again.
  return proxyBypasses.flatMap((name) => [assign(saved + name, env[name] ?? ""), assign(name, more)]);
}

const isLoopback = (host: string) => host === "localhost" || host === "[::1]" || host.startsWith("127.");

const isActive = (env: Env, profile: string) => env["AWS_PROFILE"] === profile;

const assign = (name: string, value: string) => `export ${name}=${shellQuote(value)}`;

const lines = (all: (string | undefined)[]) =>
  all.flatMap((line) => (line === undefined ? [] : [`${line}\n`])).join("");
