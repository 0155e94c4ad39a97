/**
 * What a Spark property of a session means here. Sorted into classes because they take effect at different times:
 *
 * - `session`: can be set on a Spark that already runs (SQL conf).
 * - `launch`: fixed when the JVM or its Spark context starts.
 * - `noEffect`: meant for a cluster; accepted and kept, changes nothing on a local driver.
 * - `refused`: set by Glaux itself, or would open the session to others or to the network. The session fails and names it.
 * - `ignored`: not a property of Spark (AWS: only `spark.` keys count; `spark.athena.` is reserved).
 */
export type ConfClass = "session" | "launch" | "noEffect" | "refused" | "ignored";

export interface ConfRule {
  readonly pattern: RegExp;
  readonly class: ConfClass;
  readonly why: string;
}

/** First match decides. Rendered into docs/settings.md. */
export const confRules: readonly ConfRule[] = [
  { pattern: /^(?!spark\.)/, class: "ignored", why: "only keys that begin with `spark.` count" },
  { pattern: /^spark\.athena\./, class: "ignored", why: "reserved by Athena" },
  {
    pattern: /^spark\.(master|submit\..+|app\.id|home)$/,
    class: "refused",
    why: "where Spark runs is the server's decision",
  },
  {
    pattern: /^spark\.(driver|blockManager)\.(host|port|bindAddress|blockManager\.port)$/,
    class: "refused",
    why: "a session listens on loopback only",
  },
  {
    pattern: /^spark\.(blockManager\.port|port\.maxRetries|broadcast\.port|fileserver\.port)$/,
    class: "refused",
    why: "a session listens on loopback only",
  },
  {
    pattern: /^spark\.ui\.(port|host|enabled|proxyBase|proxyRedirectUri|reverseProxy.*|filters|view\..+|modify\..+)$/,
    class: "refused",
    why: "the server reaches the UI by itself",
  },
  {
    pattern: /^spark\.(local\.dir|eventLog\.dir|sql\.warehouse\.dir)$/,
    class: "refused",
    why: "a session's files lie in its own folder",
  },
  {
    pattern:
      /^spark\.driver\.(extraJavaOptions|defaultJavaOptions|extraClassPath|extraLibraryPath|userClassPathFirst|log\..+)$/,
    class: "refused",
    why: "the driver's JVM is started by the server",
  },
  {
    pattern:
      /^spark\.(jars\.(packages|repositories|ivy|ivySettings|excludes)|files|archives|pyspark\..+|python\.daemon\.module|python\.worker\.module)$/,
    class: "refused",
    why: "a session fetches nothing and runs the engine's Python",
  },
  {
    pattern:
      /^spark\.(authenticate.*|acls\..+|admin\..+|network\.crypto\..+|ssl\..+|plugins.*|extraListeners|redaction\..+|kerberos\..+)$/,
    class: "refused",
    why: "security of the session is the server's",
  },
  { pattern: /^spark\.connect\.grpc\..+$/, class: "refused", why: "the server opens Spark Connect by itself" },
  {
    pattern: /^spark\.hadoop\.fs\.(s3|s3a|s3n|viewfs|rawfile)\.(impl|overload|mounttable)(\..+)?$/,
    class: "refused",
    why: "`s3://` is the server's own data lake",
  },
  { pattern: /^spark\.jars$/, class: "launch", why: "jars in the data lake (`s3://…`) are put on the class path" },
  {
    pattern: /^spark\.(executor|dynamicAllocation|shuffle\.service|kubernetes|yarn)\..+$/,
    class: "noEffect",
    why: "the driver is local and has no executors",
  },
  {
    pattern: /^spark\.driver\.(memory|memoryOverhead|cores)$/,
    class: "noEffect",
    why: "the driver's size is a setting of the server",
  },
  {
    pattern:
      /^spark\.sql\.(extensions|catalogImplementation|catalog\..+|queryExecutionListeners|streaming\.streamingQueryListeners|hive\..+|cache\.serializer)$/,
    class: "launch",
    why: "static SQL configuration",
  },
  { pattern: /^spark\.sql\..+$/, class: "session", why: "SQL configuration" },
  { pattern: /^spark\..+$/, class: "launch", why: "read when the Spark context starts" },
];

export function confClass(key: string): ConfClass {
  // The last rule and the first one cover every key between them.
  return confRules.find((rule) => rule.pattern.test(key))?.class ?? "refused";
}

export interface SparkConf {
  /** Passed to Spark, both `session` and `launch`. */
  readonly applied: Record<string, string>;
  /** Keys of the class `refused`, in the order given. */
  readonly refused: readonly string[];
}

/** Merges `layers` (later ones win) and sorts the result into what Spark gets and what is refused. */
export function sparkConf(...layers: readonly (Record<string, string> | undefined)[]): SparkConf {
  const merged = new Map<string, string>();
  for (const layer of layers) for (const [key, value] of Object.entries(layer ?? {})) merged.set(key, value);
  const of = (wanted: ConfClass) => [...merged].filter(([key]) => confClass(key) === wanted);
  return {
    applied: Object.fromEntries([...of("session"), ...of("launch")]),
    refused: of("refused").map(([key]) => key),
  };
}
