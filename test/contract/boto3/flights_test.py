import pathlib

EXAMPLE = pathlib.Path(__file__).parents[3] / "examples" / "flights.py"


def test_the_example_joins_all_flights_and_writes_them_back(run, s3):
    ended, stdout, stderr = run(EXAMPLE.read_text())
    assert ended["Status"]["State"] == "COMPLETED", stderr
    lines = stdout.splitlines()
    assert lines[0] == "336,776 flights"
    assert lines[1] == "336,776 flights read back from s3://glaux-examples/out/flights/, in 12 partitions"
    table = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")]
    assert table[0] == ["carrier", "airline", "flights", "departs_late", "arrives_late", "in_bad_weather"]
    rows = {row[0]: row for row in table[1:]}
    # Other tools give the same results for this data set: 16 airlines, 327,346 flights that arrived, and
    # Frontier as the airline that is latest.
    assert len(rows) == 16
    assert sum(int(row[2]) for row in rows.values()) == 327_346
    assert table[1][:5] == ["F9", "Frontier Airlines Inc.", "681", "20.2", "21.9"]
    assert rows["AS"][2:5] == ["709", "5.8", "-9.9"]

    pages = s3.get_paginator("list_objects_v2").paginate(Bucket="glaux-examples", Prefix="out/flights/month=")
    keys = [item["Key"] for page in pages for item in page["Contents"]]
    assert len({key.split("/")[2] for key in keys if key.endswith(".parquet")}) == 12
