// The Spark properties that clients send by switches of their own, and those that AWS's services set by
// default. A session must start with each of them.

export interface SentProperty {
  /** The sender: a client by its name at PyPI, or a service of AWS. */
  readonly from: string;
  /** `<name>` stands for a part that is known only when the client runs. */
  readonly key: string;
  readonly value: string;
  /** The property's class, as in docs/settings.md. */
  readonly class: "runtime" | "contextStatic" | "launch" | "withoutEffect";
}

type Row = readonly [key: string, value: string, class_: SentProperty["class"]];
const sentBy = (from: string, rows: readonly Row[]): SentProperty[] =>
  rows.map(([key, value, class_]) => ({ from, key, value, class: class_ }));

const glueFactory = "com.amazonaws.glue.catalog.metastore.AWSGlueDataCatalogHiveClientFactory";

/**
 * Exactly the properties that test/clients/sent_properties.py finds in the clients' sources. If a new release
 * sends another property or another value, the test fails until the table has a row for it. Airflow's
 * operator, awswrangler and PyAthena send only what their user gives them.
 */
export const clientProperties: readonly SentProperty[] = [
  ...sentBy("dbt-athena", [
    // table_type
    ["spark.sql.catalog.spark_catalog", "org.apache.iceberg.spark.SparkSessionCatalog", "contextStatic"],
    ["spark.sql.catalog.spark_catalog.catalog-impl", "org.apache.iceberg.aws.glue.GlueCatalog", "contextStatic"],
    ["spark.sql.catalog.spark_catalog.io-impl", "org.apache.iceberg.aws.s3.S3FileIO", "contextStatic"],
    ["spark.sql.extensions", "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions", "contextStatic"],
    ["spark.sql.catalog.spark_catalog", "org.apache.spark.sql.hudi.catalog.HoodieCatalog", "contextStatic"],
    ["spark.serializer", "org.apache.spark.serializer.KryoSerializer", "contextStatic"],
    ["spark.sql.extensions", "org.apache.spark.sql.hudi.HoodieSparkSessionExtension", "contextStatic"],
    ["spark.sql.catalog.spark_catalog", "org.apache.spark.sql.delta.catalog.DeltaCatalog", "contextStatic"],
    ["spark.sql.extensions", "io.delta.sql.DeltaSparkSessionExtension", "contextStatic"],
    // spark_encryption
    ["spark.authenticate", "true", "withoutEffect"],
    ["spark.io.encryption.enabled", "true", "withoutEffect"],
    ["spark.network.crypto.enabled", "true", "withoutEffect"],
    // spark_cross_account_catalog
    ["spark.hadoop.aws.glue.catalog.separator", "/", "withoutEffect"],
    // spark_requester_pays
    ["spark.hadoop.fs.s3.useRequesterPaysHeader", "true", "withoutEffect"],
  ]),
  ...sentBy("sagemaker-studio", [
    ["spark.hive.metastore.client.factory.class", glueFactory, "withoutEffect"],
    ["spark.sql.catalogImplementation", "hive", "contextStatic"],
    ["spark.sql.extensions", "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions", "contextStatic"],
    ["spark.sql.catalog.spark_catalog", "org.apache.iceberg.spark.SparkSessionCatalog", "contextStatic"],
    ["spark.sql.catalog.spark_catalog.catalog-impl", "org.apache.iceberg.aws.glue.GlueCatalog", "contextStatic"],
    ["spark.sql.catalog.spark_catalog.client.region", "<region>", "contextStatic"],
    ["spark.sql.catalog.spark_catalog.glue.account-id", "<account_id>", "contextStatic"],
    ["spark.sql.catalog.spark_catalog.glue.id", "<account_id>", "contextStatic"],
    ["spark.sql.catalog.spark_catalog.glue.lakeformation-enabled", "true", "contextStatic"],
    // catalogs of AWS Glue and of S3 Tables
    ["spark.sql.catalog.<catalog_name>", "org.apache.iceberg.spark.SparkCatalog", "contextStatic"],
    ["spark.sql.catalog.<catalog_name>.catalog-impl", "org.apache.iceberg.aws.glue.GlueCatalog", "contextStatic"],
    ["spark.sql.catalog.<catalog_name>.warehouse", "<?>", "contextStatic"],
    ["spark.sql.catalog.<catalog_name>.glue.id", "<id>", "contextStatic"],
    ["spark.sql.catalog.<catalog_name>.glue.account-id", "<?>", "contextStatic"],
    ["spark.sql.catalog.<catalog_name>.glue.catalog-arn", "<resource_arn>", "contextStatic"],
    ["spark.sql.catalog.<catalog_name>.client.region", "<region>", "contextStatic"],
    ["spark.sql.catalog.<catalog_name>.glue.lakeformation-enabled", "true", "contextStatic"],
    // Iceberg's REST catalogs
    ["spark.sql.catalog.<catalog_name>.type", "rest", "contextStatic"],
    ["spark.sql.catalog.<catalog_name>.uri", "<rest_uri>", "contextStatic"],
    ["spark.sql.catalog.<catalog_name>.warehouse", "<catalog_name>", "contextStatic"],
    ["spark.sql.catalog.<catalog_name>.token", "<access_token>", "contextStatic"],
    ["spark.sql.catalog.<catalog_name>.header.X-Iceberg-Access-Delegation", "vended-credentials", "contextStatic"],
    ["spark.sql.catalog.<catalog_name>.header.Polaris-Realm", "<realm>", "contextStatic"],
    ["spark.sql.catalog.<catalog_name>.s3.cross-region-access-enabled", "true", "contextStatic"],
    // Lake Formation, S3 Access Grants
    [
      "spark.hadoop.fs.s3.credentialsResolverClass",
      "com.amazonaws.glue.accesscontrol.AWSLakeFormationCredentialResolver",
      "withoutEffect",
    ],
    ["spark.hadoop.fs.s3.useDirectoryHeaderAsFolderObject", "true", "withoutEffect"],
    ["spark.hadoop.fs.s3.folderObject.autoAction.disabled", "true", "withoutEffect"],
    ["spark.sql.catalog.createDirectoryAfterTable.enabled", "true", "withoutEffect"],
    ["spark.sql.catalog.dropDirectoryBeforeTable.enabled", "true", "withoutEffect"],
    ["spark.sql.catalog.skipLocationValidationOnCreateTable.enabled", "true", "withoutEffect"],
    ["spark.hadoop.fs.s3.s3AccessGrants.enabled", "true", "withoutEffect"],
    ["spark.hadoop.fs.s3.s3AccessGrants.fallbackToIAM", "true", "withoutEffect"],
  ]),
];

const committer = "spark.hadoop.mapreduce.fileoutputcommitter";
const emrClassPath = "/usr/lib/hadoop-lzo/lib/*:/usr/lib/hadoop/hadoop-aws.jar:/usr/share/aws/emr/emrfs/lib/*";
const emrLibraries = "/usr/lib/hadoop/lib/native:/usr/lib/hadoop-lzo/lib/native";

/**
 * Properties that no package contains. They come from pages of AWS's user guides, and from published copies
 * of EMR's spark-defaults.conf. EMR's `spark.master` is left out, because a session cannot decide where Spark
 * runs.
 */
export const awsProperties: readonly SentProperty[] = [
  // The switches of the console: pages notebooks-spark-encryption, notebooks-spark-requester-pays and
  // spark-notebooks-cross-account-glue
  ...sentBy("Athena's console", [
    ["spark.authenticate", "true", "withoutEffect"],
    ["spark.network.crypto.enabled", "true", "withoutEffect"],
    ["spark.io.encryption.enabled", "true", "withoutEffect"],
    ["spark.io.encryption.keySizeBits", "256", "withoutEffect"],
    ["spark.io.encryption.keygen.algorithm", "HmacSHA384", "withoutEffect"],
    ["spark.hadoop.fs.s3.useRequesterPaysHeader", "true", "withoutEffect"],
    ["spark.hadoop.aws.glue.catalog.separator", "/", "withoutEffect"],
  ]),
  // Page notebooks-spark-release-versions, "Default Spark properties"
  ...sentBy("Athena's defaults", [
    ["spark.app.id", "8a6f1f5e-0000-4000-8000-123456789012", "withoutEffect"],
    ["spark.app.name", "default", "contextStatic"],
    ["spark.driver.cores", "4", "withoutEffect"],
    ["spark.driver.memory", "10g", "withoutEffect"],
    ["spark.driver.memoryOverhead", "6g", "withoutEffect"],
    ["spark.executor.cores", "4", "withoutEffect"],
    ["spark.executor.memory", "10g", "withoutEffect"],
    ["spark.executor.memoryOverhead", "6g", "withoutEffect"],
    ["spark.dynamicAllocation.enabled", "true", "withoutEffect"],
    ["spark.dynamicAllocation.minExecutors", "1", "withoutEffect"],
    ["spark.dynamicAllocation.maxExecutors", "59", "withoutEffect"],
  ]),
  // The job parameters of EMR Serverless (page jobs-spark), and the configuration that sessions of Athena and
  // of EMR Serverless show
  ...sentBy("EMR Serverless's defaults", [
    ["spark.authenticate", "true", "withoutEffect"],
    ["spark.network.crypto.enabled", "true", "withoutEffect"],
    ["spark.emr-serverless.driver.disk", "20g", "withoutEffect"],
    ["spark.emr-serverless.memoryOverheadFactor", "0.1", "withoutEffect"],
    ["spark.emr-serverless.driverEnv.JAVA_HOME", "/usr/lib/jvm/java-17", "withoutEffect"],
    ["spark.emr-serverless.lakeformation.enabled", "true", "withoutEffect"],
    ["spark.emr-containers.lakeformation.enabled", "true", "withoutEffect"],
    ["spark.hadoop.hive.metastore.client.factory.class", glueFactory, "withoutEffect"],
    ["spark.hadoop.hive.metastore.glue.catalogid", "123456789012", "withoutEffect"],
    [
      "spark.hadoop.fs.s3.customAWSCredentialsProvider",
      "com.amazonaws.auth.DefaultAWSCredentialsProviderChain",
      "withoutEffect",
    ],
    ["spark.hadoop.fs.s3a.aws.credentials.provider", "com.example.Provider", "withoutEffect"],
    [
      "spark.hadoop.dynamodb.customAWSCredentialsProvider",
      "com.amazonaws.auth.DefaultAWSCredentialsProviderChain",
      "withoutEffect",
    ],
    ["spark.hadoop.fs.s3.impl", "com.amazon.ws.emr.hadoop.fs.EmrFileSystem", "withoutEffect"],
    ["spark.hadoop.fs.s3a.impl", "org.apache.hadoop.fs.s3a.S3AFileSystem", "withoutEffect"],
  ]),
  ...sentBy("EMR's defaults", [
    ["spark.submit.deployMode", "client", "withoutEffect"],
    ["spark.driver.extraClassPath", emrClassPath, "withoutEffect"],
    ["spark.driver.extraLibraryPath", emrLibraries, "withoutEffect"],
    ["spark.driver.extraJavaOptions", "-XX:OnOutOfMemoryError='kill -9 %p'", "withoutEffect"],
    ["spark.driver.defaultJavaOptions", "-XX:OnOutOfMemoryError='kill -9 %p'", "withoutEffect"],
    ["spark.executor.extraClassPath", emrClassPath, "withoutEffect"],
    ["spark.executor.extraLibraryPath", emrLibraries, "withoutEffect"],
    ["spark.executor.extraJavaOptions", "-verbose:gc -Duser.timezone=Asia/Tokyo", "withoutEffect"],
    ["spark.executorEnv.AWS_SPARK_REDSHIFT_CONNECTOR_SERVICE_NAME", "EMR", "contextStatic"],
    ["spark.eventLog.enabled", "true", "contextStatic"],
    ["spark.eventLog.dir", "hdfs:///var/log/spark/apps", "withoutEffect"],
    ["spark.history.fs.logDirectory", "hdfs:///var/log/spark/apps", "withoutEffect"],
    ["spark.history.ui.port", "18080", "withoutEffect"],
    ["spark.sql.warehouse.dir", "hdfs:///user/spark/warehouse", "withoutEffect"],
    ["spark.sql.hive.metastore.sharedPrefixes", "com.amazonaws.services.dynamodbv2", "withoutEffect"],
    ["spark.yarn.historyServer.address", "ip-10-0-0-1.ec2.internal:18080", "withoutEffect"],
    ["spark.yarn.dist.files", "/etc/spark/conf/hive-site.xml", "withoutEffect"],
    ["spark.yarn.appMasterEnv.SPARK_PUBLIC_DNS", "$(hostname -f)", "withoutEffect"],
    ["spark.yarn.executor.memoryOverheadFactor", "0.1875", "withoutEffect"],
    ["spark.hadoop.yarn.timeline-service.enabled", "false", "withoutEffect"],
    ["spark.shuffle.service.enabled", "true", "withoutEffect"],
    ["spark.dynamicAllocation.enabled", "true", "withoutEffect"],
    ["spark.blacklist.decommissioning.enabled", "true", "withoutEffect"],
    ["spark.blacklist.decommissioning.timeout", "1h", "withoutEffect"],
    ["spark.decommissioning.timeout.threshold", "20", "withoutEffect"],
    ["spark.resourceManager.cleanupExpiredHost", "true", "withoutEffect"],
    ["spark.stage.attempt.ignoreOnDecommissionFetchFailure", "true", "withoutEffect"],
    ["spark.files.fetchFailure.unRegisterOutputOnHost", "true", "withoutEffect"],
    ["spark.emr.default.executor.memory", "4743M", "withoutEffect"],
    ["spark.ui.filters", "org.apache.hadoop.yarn.server.webproxy.amfilter.AmIpFilter", "withoutEffect"],
    ["spark.hadoop.fs.s3.getObject.initialSocketTimeoutMilliseconds", "2000", "withoutEffect"],
    [`${committer}.algorithm.version`, "2", "withoutEffect"],
    [`${committer}.algorithm.version.emr_internal_use_only.EmrFileSystem`, "2", "withoutEffect"],
    [`${committer}.cleanup-failures.ignored.emr_internal_use_only.EmrFileSystem`, "true", "withoutEffect"],
    [
      "spark.sql.parquet.output.committer.class",
      "com.amazon.emr.committer.EmrOptimizedSparkSqlParquetOutputCommitter",
      "withoutEffect",
    ],
    ["spark.sql.parquet.fs.optimized.committer.optimization-enabled", "true", "withoutEffect"],
    [
      "spark.sql.sources.commitProtocolClass",
      "org.apache.spark.internal.io.cloud.PathOutputCommitProtocol",
      "withoutEffect",
    ],
    ["spark.sql.emr.internal.extensions", "com.amazonaws.emr.spark.EmrSparkSessionExtensions", "withoutEffect"],
    ["spark.sql.extensions", "com.amazonaws.emr.spark.EmrSparkSessionExtensions", "withoutEffect"],
  ]),
];

/** The text with example values in the places that only a client knows. */
export function filled(text: string): string {
  const known: Record<string, string> = { region: "us-east-1", account_id: "123456789012", catalog_name: "sales" };
  return text.replace(/<(.+?)>/g, (_, name: string) => known[name] ?? "something");
}
