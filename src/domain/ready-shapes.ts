/** Table formats whose jars an engine may have (`glaux engines install ID --with …`). */
export type TableFormat = "iceberg" | "delta";
export const tableFormats = ["iceberg", "delta"] as const satisfies readonly TableFormat[];

/**
 * The SparkProperties that clients send for each table format, letter by letter. The pool has members that
 * were started with exactly these properties.
 *
 * They are what dbt-athena sends for `table_type` (dbt-labs/dbt-adapters,
 * dbt-athena/src/dbt/adapters/athena/constants.py: DEFAULT_SPARK_PROPERTIES, "iceberg" and "delta_lake").
 * Delta's are also those of Athena's user guide (notebooks-spark-table-formats-linux-foundation-delta-lake).
 * awswrangler (athena/_spark.py) sends none.
 */
export const readyConf: Record<TableFormat, Readonly<Record<string, string>>> = {
  iceberg: {
    "spark.sql.catalog.spark_catalog": "org.apache.iceberg.spark.SparkSessionCatalog",
    "spark.sql.catalog.spark_catalog.catalog-impl": "org.apache.iceberg.aws.glue.GlueCatalog",
    "spark.sql.catalog.spark_catalog.io-impl": "org.apache.iceberg.aws.s3.S3FileIO",
    "spark.sql.extensions": "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions",
  },
  delta: {
    "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
    "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
  },
};
