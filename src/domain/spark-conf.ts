/**
 * What a Spark property of a session means here. Sorted into classes because they take effect at different times, which also decides what a warm pool can do:
 *
 * - `runtime`: SQL conf, which can be set on a Spark that already runs.
 * - `contextStatic`: read when a Spark context starts: a JVM that runs gets a fresh context.
 * - `launch`: fixed with the JVM, its class path above all, or kept in it for good at first use: only a JVM of its own will do.
 * - `serviceLevel`: meant for a cluster; kept with the session and shown, changes nothing on a local driver.
 * - `refused`: set by Glaux itself, or would open the session to others or to the network. The session fails and names it.
 * - `ignored`: not a property of Spark (AWS: only `spark.` keys count; `spark.athena.` is reserved).
 */
export type ConfClass = "runtime" | "contextStatic" | "launch" | "serviceLevel" | "refused" | "ignored";

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
    class: "serviceLevel",
    why: "the driver is local and has no executors",
  },
  {
    pattern: /^spark\.driver\.(memory|memoryOverhead|cores)$/,
    class: "serviceLevel",
    why: "the driver's size is a setting of the server",
  },
  {
    // Each is read once by an `object` of Spark's, so a second context in the same JVM would still see the first one's value: CodeGenerator's cache; the thread
    // pools of SubqueryExec, BroadcastExchangeExec, ShuffleExchangeExec and AdaptiveSparkPlanExec; SharedState's URL handler (Spark 3.5 and 4 sources).
    pattern:
      /^spark\.sql\.(codegen\.cache\.maxEntries|(subquery|broadcastExchange|shuffleExchange|resultQueryStage)\.maxThreadThreshold|defaultUrlStreamHandlerFactory\.enabled)$/,
    class: "launch",
    why: "SQL configuration that a JVM reads once",
  },
  {
    // The rest of Spark's StaticSQLConf, and catalogues, which are made at first use.
    pattern:
      /^spark\.sql\.(extensions|catalogImplementation|catalog\..+|globalTempDatabase|queryExecutionListeners|streaming\.streamingQueryListeners|streaming\.ui\..+|ui\..+|hive\..+|cache\.serializer|sources\.schemaStringLengthThreshold|sources\.disabledJdbcConnProviderList|filesourceTableRelationCacheSize|metadataCacheTTLSeconds|codegen\.comments|debug|event\.truncate\.length|legacy\.sessionInitWithConfigDefaults)$/,
    class: "contextStatic",
    why: "static SQL configuration",
  },
  { pattern: /^spark\.sql\..+$/, class: "runtime", why: "SQL configuration" },
  { pattern: /^spark\..+$/, class: "contextStatic", why: "read when the Spark context starts" },
];

export function confClass(key: string): ConfClass {
  // The last rule and the first one cover every key between them.
  return confRules.find((rule) => rule.pattern.test(key))?.class ?? "refused";
}

export interface SparkConf {
  /** Passed to Spark: of the classes `runtime`, `contextStatic` and `launch`. */
  readonly applied: Record<string, string>;
  /** Keys of the class `refused`, in the order given. */
  readonly refused: readonly string[];
}

/** Merges `layers` (later ones win) and sorts the result into what Spark gets and what is refused. */
export function sparkConf(...layers: readonly (Record<string, string> | undefined)[]): SparkConf {
  const merged = Object.assign({}, ...layers) as Record<string, string>;
  return {
    applied: { ...confOf("runtime", merged), ...confOf("contextStatic", merged), ...confOf("launch", merged) },
    refused: Object.keys(confOf("refused", merged)),
  };
}

/** The properties that are of this class. */
export function confOf(wanted: ConfClass, conf: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(conf).filter(([key]) => confClass(key) === wanted));
}
