import { shellQuote } from "./shell-quote.ts";

type Env = Readonly<Record<string, string | undefined>>;

export interface ClientSettings {
  configFile: string;
  credentialsFile: string;
  profile: string;
  region: string;
  /** The profile's `http://host:port`; undefined if the profile has none. */
  endpoint: string | undefined;
}

const set = ["AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "AWS_PROFILE", "AWS_REGION"];

/**
 * These variables would win over the profile, or keep its endpoint from being used. The last two do so in
 * botocore, the others in every client.
 */
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

/** The values from before are saved under this prefix, for `undo`. */
const saved = "GLAUX_SAVED_";

/** Lines for a POSIX shell after which AWS clients use the service. */
export function exports(env: Env, settings: ClientSettings): string {
  // If the lines were evaluated before, the present values are ours, and the values saved then stay.
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

/** Lines that restore what was set before. Empty if the lines of `exports` were not evaluated. */
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

/**
 * The hosts that are reached without a proxy. If both variables are set, Python and curl look at the first.
 */
const proxyBypasses = ["no_proxy", "NO_PROXY"];

/**
 * botocore asks a proxy even for a host on this machine. So if there is a proxy, the lines exempt the
 * service's host.
 */
function bypassProxy(env: Env, endpoint: string | undefined): string[] {
  const host = endpoint === undefined ? undefined : new URL(endpoint).hostname;
  if (host === undefined || !isLoopback(host) || !(env["http_proxy"] || env["HTTP_PROXY"])) return [];
  const hosts = env["no_proxy"] ?? env["NO_PROXY"] ?? "";
  if (hosts.split(",").some((name) => [host, "*"].includes(name.trim()))) return [];
  const more = hosts === "" ? host : `${hosts},${host}`;
  // Saved also if the variable was not set: the empty value tells `undo` to unset it.
  return proxyBypasses.flatMap((name) => [assign(saved + name, env[name] ?? ""), assign(name, more)]);
}

const isLoopback = (host: string) => host === "localhost" || host === "[::1]" || host.startsWith("127.");

const isActive = (env: Env, profile: string) => env["AWS_PROFILE"] === profile;

const assign = (name: string, value: string) => `export ${name}=${shellQuote(value)}`;

const lines = (all: (string | undefined)[]) =>
  all.flatMap((line) => (line === undefined ? [] : [`${line}\n`])).join("");
