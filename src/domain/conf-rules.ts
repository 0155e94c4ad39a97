/**
 * What the server does with a Spark property of a session. The classes differ in when a property takes
 * effect. This also decides whether a pool member can serve a session with the property.
 *
 * - `runtime`: SQL configuration, which can be set in a Spark that already runs.
 * - `contextStatic`: read when a Spark context starts. A JVM that already runs makes a fresh context for it.
 * - `launch`: needs a JVM of its own. It is fixed when the JVM starts (the class path above all), or the JVM
 *   keeps the value of its first use.
 * - `withoutEffect`: accepted, stored with the session and shown, but never given to Spark. Either the server
 *   has its own equivalent, or what the property configures does not exist here.
 * - `refused`: asks for something outside of the session: another cluster, the network, the server's own
 *   folders. The session fails, and its reason names the property.
 */
export type ConfClass = "runtime" | "contextStatic" | "launch" | "withoutEffect" | "refused";

export interface ConfRule {
  /** Matches the whole key. */
  readonly pattern: RegExp;
  /** Matches the whole value. A rule without it applies to every value. */
  readonly value?: RegExp;
  readonly class: ConfClass;
  readonly why: string;
}

/** One of Amazon's classes, or a list of nothing but Amazon's classes. */
const amazonsClasses = /^\s*com\.amazon(aws)?\.[\w.$]+(\s*,\s*com\.amazon(aws)?\.[\w.$]+)*\s*$/;
const loopback = /^(127(\.\d+){3}|localhost|::1)$/;

/**
 * The first rule that matches key and value decides. The table is rendered into docs/settings.md.
 *
 * A property that a published client sends on its own must not be refused, nor one that AWS's services set by
 * default. test/clients has these properties.
 */
export const confRules: readonly ConfRule[] = [
  { pattern: /^(?!spark\.)/, class: "withoutEffect", why: "only keys that begin with `spark.` count" },
  { pattern: /^spark\.athena\./, class: "withoutEffect", why: "reserved by Athena" },
  {
    pattern: /^spark\.(?!app\.name$)/,
    value: amazonsClasses,
    class: "withoutEffect",
    why: "Amazon's own classes are not here",
  },

  // Where Spark runs
  { pattern: /^spark\.master$/, class: "refused", why: "where Spark runs is the server's decision" },
  {
    pattern: /^spark\.(submit\.deployMode|app\.id|home)$/,
    class: "withoutEffect",
    why: "the session's Spark is started by the server",
  },
  {
    pattern:
      /^spark\.driver\.(extraJavaOptions|defaultJavaOptions|extraClassPath|extraLibraryPath|userClassPathFirst|log\..+)$/,
    class: "withoutEffect",
    why: "the driver's JVM is started by the server",
  },
  {
    pattern: /^spark\.driver\.(memory|memoryOverhead|memoryOverheadFactor|minMemoryOverhead|cores|resource\..+)$/,
    class: "withoutEffect",
    why: "the driver's size is a setting of the server",
  },
  {
    pattern: /^spark\.(executor|dynamicAllocation|shuffle\.service|kubernetes|yarn|mesos)\..+$/,
    class: "withoutEffect",
    why: "the driver is local and has no executors",
  },
  {
    pattern: /^spark\.(pyspark\..+|python\.(daemon|worker)\.module)$/,
    class: "withoutEffect",
    why: "a session runs the engine's Python",
  },

  // Where a session listens
  {
    pattern: /^spark\.(driver\.(host|bindAddress)|connect\.grpc\.binding\.address)$/,
    value: loopback,
    class: "withoutEffect",
    why: "a session listens on loopback only",
  },
  {
    pattern: /^spark\.(driver\.(host|bindAddress)|connect\.grpc\.binding\.address)$/,
    class: "refused",
    why: "a session listens on loopback only",
  },
  {
    pattern:
      /^spark\.((driver|blockManager|driver\.blockManager|broadcast|fileserver)\.port|port\.maxRetries|connect\.grpc\.binding\.port)$/,
    class: "withoutEffect",
    why: "a session listens at ports that are free",
  },
  {
    pattern: /^spark\.ui\.(port|host|enabled|proxyBase|proxyRedirectUri|reverseProxy.*|filters|view\..+)$/,
    class: "withoutEffect",
    why: "the server reaches the UI by itself, on loopback",
  },

  // Whom a session trusts
  {
    pattern: /^spark\.(authenticate(\..+)?|network\.(crypto|sasl)\..+|ssl\..+)$/,
    class: "withoutEffect",
    why: "a session runs on one machine, so nothing travels between machines",
  },
  {
    pattern: /^spark\.io\.encryption\..+$/,
    class: "withoutEffect",
    why: "the folders of a session's files and of buckets are the server's decision",
  },
  {
    pattern: /^spark\.(acls\..+|admin\..+|modify\..+|ui\.modify\..+|kerberos\..+|security\.credentials\..+)$/,
    class: "withoutEffect",
    why: "who may use a session is the server's decision",
  },

  // Where a session's files are
  {
    pattern: /^spark\.(local\.dir|eventLog\.dir|history\..+)$/,
    class: "withoutEffect",
    why: "a session's files lie in its own folder",
  },
  {
    pattern: /^spark\.sql\.warehouse\.dir$/,
    value: /^s3[an]?:\/\/.+$/,
    class: "contextStatic",
    why: "Spark puts tables without a location of their own into this folder",
  },
  {
    pattern: /^spark\.sql\.warehouse\.dir$/,
    class: "withoutEffect",
    why: "a session's tables lie in its own folder, or in a bucket (`s3://…`)",
  },
  { pattern: /^spark\.jars\.ivy$/, class: "withoutEffect", why: "a session fetches nothing" },
  {
    pattern: /^spark\.(jars\.(packages|repositories|ivySettings|excludes)|files|archives|submit\..+)$/,
    class: "refused",
    why: "a session fetches nothing",
  },

  // The buckets
  {
    pattern: /^spark\.hadoop\.fs\.(AbstractFileSystem\.)?(s3|s3a|s3n|s3bfs)\..+$/,
    class: "withoutEffect",
    why: "the buckets are the server's own",
  },
  {
    pattern: /^spark\.hadoop\.glaux\..+$/,
    class: "refused",
    why: "which folders are buckets is the server's decision",
  },
  {
    pattern: /^spark\.hadoop\.mapreduce\.fileoutputcommitter\.marksuccessfuljobs$/,
    class: "contextStatic",
    why: "whether a job leaves a file `_SUCCESS`",
  },
  {
    pattern:
      /^spark\.(sql\.(sources\.(commitProtocolClass|outputCommitterClass)|parquet\.(output\.committer\.class|fs\.optimized\.committer\..+)|streaming\.commitProtocolClass)|hadoop\.(mapreduce\.(output|fileoutput)committer\..+|mapred\.output\.committer\.class))$/,
    class: "withoutEffect",
    why: "jobs commit to the buckets by the server's own committer",
  },

  // Properties of AWS's services
  {
    pattern: /^spark\.(emr|emr-\w+|glue|sql\.emr)\..+$/,
    class: "withoutEffect",
    why: "a property of Amazon EMR or AWS Glue, not of Spark",
  },
  {
    pattern:
      /^spark\.sql\.catalog\.(createDirectoryAfterTable|dropDirectoryBeforeTable|skipLocationValidationOnCreateTable)(\..+)?$/,
    class: "withoutEffect",
    why: "a property of Amazon EMR, not of Spark",
  },
  {
    pattern:
      /^spark\.(decommissioning|blacklist\.decommissioning|resourceManager)\..+$|^spark\.(stage\.attempt\.ignoreOnDecommissionFetchFailure|files\.fetchFailure\.unRegisterOutputOnHost)$/,
    class: "withoutEffect",
    why: "a property of Amazon EMR, not of Spark",
  },
  {
    pattern: /^spark\.(hadoop\.(aws|dynamodb|yarn)\..+|(hadoop\.)?hive\.metastore\.(glue\..+|client\.factory\.class))$/,
    class: "withoutEffect",
    why: "AWS Glue, DynamoDB and YARN are not here",
  },

  // Properties that Spark gets
  { pattern: /^spark\.jars$/, class: "launch", why: "jars in buckets (`s3://…`) are put on the class path" },
  {
    // A Scala `object` of Spark reads each of these only once, so a second context in the same JVM would
    // still see the value of the first context. They configure the cache of CodeGenerator; the thread pools
    // of SubqueryExec, BroadcastExchangeExec, ShuffleExchangeExec and AdaptiveSparkPlanExec; and the URL
    // handler of SharedState (sources of Spark 3.5 and 4).
    pattern:
      /^spark\.sql\.(codegen\.cache\.maxEntries|(subquery|broadcastExchange|shuffleExchange|resultQueryStage)\.maxThreadThreshold|defaultUrlStreamHandlerFactory\.enabled)$/,
    class: "launch",
    why: "SQL configuration that a JVM reads once",
  },
  {
    // The other properties of Spark's StaticSQLConf, and catalogs, which Spark makes when they are first
    // used.
    pattern:
      /^spark\.sql\.(extensions|catalogImplementation|catalog\..+|globalTempDatabase|queryExecutionListeners|streaming\.streamingQueryListeners|streaming\.ui\..+|ui\..+|hive\..+|cache\.serializer|sources\.schemaStringLengthThreshold|sources\.disabledJdbcConnProviderList|filesourceTableRelationCacheSize|metadataCacheTTLSeconds|codegen\.comments|debug|event\.truncate\.length|legacy\.sessionInitWithConfigDefaults)$/,
    class: "contextStatic",
    why: "static SQL configuration",
  },
  { pattern: /^spark\.sql\..+$/, class: "runtime", why: "SQL configuration" },
  { pattern: /^spark\..+$/, class: "contextStatic", why: "read when the Spark context starts" },
];
