from __future__ import annotations

import pytest

from glaux_driver.supervisor.catalogs import without_glue

OWN = {"spark.sql.warehouse.dir": "file:/session/warehouse"}
CATALOG = "spark.sql.catalog.spark_catalog"
ICEBERG = {
    CATALOG: "org.apache.iceberg.spark.SparkSessionCatalog",
    f"{CATALOG}.catalog-impl": "org.apache.iceberg.aws.glue.GlueCatalog",
    f"{CATALOG}.io-impl": "org.apache.iceberg.aws.s3.S3FileIO",
}


def test_a_catalog_of_glue_becomes_one_in_the_sessions_folder() -> None:
    assert without_glue({**OWN, **ICEBERG}) == {
        **OWN,
        CATALOG: ICEBERG[CATALOG],
        f"{CATALOG}.type": "hadoop",
        f"{CATALOG}.warehouse": "file:/session/warehouse",
    }


def test_a_warehouse_that_was_named_stays() -> None:
    lake = {"spark.sql.catalog.lake.type": "glue", "spark.sql.catalog.lake.warehouse": "s3://lake/tables"}
    assert without_glue({**OWN, **lake}) == {**OWN, **lake, "spark.sql.catalog.lake.type": "hadoop"}


@pytest.mark.parametrize(
    "warehouse", ["arn:aws:s3tables:us-east-1:123456789012:bucket/sales", "s3tablescatalog/sales", ""]
)
def test_a_warehouse_that_is_no_location_becomes_the_sessions_folder(warehouse: str) -> None:
    lake = {"spark.sql.catalog.lake.catalog-impl": "org.apache.iceberg.aws.glue.GlueCatalog"}
    converted = without_glue({**OWN, **lake, "spark.sql.catalog.lake.warehouse": warehouse})
    assert converted["spark.sql.catalog.lake.warehouse"] == "file:/session/warehouse"


def test_a_catalog_of_s3_tables_is_as_one_of_glue() -> None:
    lake = {"spark.sql.catalog.lake.catalog-impl": "software.amazon.s3tables.iceberg.S3TablesCatalog"}
    converted = without_glue({**OWN, **lake, "spark.sql.catalog.lake.warehouse": "s3://lake/tables"})
    assert converted == {
        **OWN,
        "spark.sql.catalog.lake.type": "hadoop",
        "spark.sql.catalog.lake.warehouse": "s3://lake/tables",
    }


def test_every_other_catalog_stays_as_it_is() -> None:
    conf = {
        **OWN,
        "spark.sql.catalog.a": "org.apache.iceberg.spark.SparkCatalog",
        "spark.sql.catalog.a.type": "rest",
        "spark.sql.catalog.a.io-impl": "org.apache.iceberg.aws.s3.S3FileIO",
        "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
    }
    assert without_glue(conf) == conf
