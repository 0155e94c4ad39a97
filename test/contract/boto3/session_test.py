import datetime

import pytest

UNKNOWN = "00000000-0000-4000-8000-000000000000"


def test_variables_and_views_live_on(run):
    run(
        "owls = spark.createDataFrame([('barn', 2), ('snowy', 3)], ['owl', 'eggs'])\nowls.createOrReplaceTempView('owls')"
    )
    ended, stdout, stderr = run("print(owls.count())\nspark.sql('select sum(eggs) as eggs from owls').show()")
    assert ended["Status"]["State"] == "COMPLETED"
    assert "StateChangeReason" not in ended["Status"]
    assert stdout == "2\n+----+\n|eggs|\n+----+\n|   5|\n+----+\n\n"
    assert stderr == ""


def test_times_are_dates_and_statistics_are_typed(athena, run):
    ended, _, _ = run("print(1)")
    now = datetime.datetime.now(datetime.timezone.utc)
    submitted, completed = ended["Status"]["SubmissionDateTime"], ended["Status"]["CompletionDateTime"]
    assert now - datetime.timedelta(minutes=1) < submitted <= completed <= now
    assert ended["Statistics"]["Progress"] == "100%"
    assert ended["Statistics"]["DpuExecutionInMillis"] >= 1


def test_failing_code_tells_its_error(run):
    ended, stdout, stderr = run("print('before')\nfoobar\n")
    assert ended["Status"]["State"] == "FAILED"
    assert ended["Status"]["StateChangeReason"] == "NameError: name 'foobar' is not defined"
    assert stdout == "before\n"
    assert stderr.strip() == "File \"<stdin>\", line 2, in <module>\nNameError: name 'foobar' is not defined"


def test_errors_have_their_class_and_text(athena, s3, session_id, run):
    with pytest.raises(athena.exceptions.InvalidRequestException) as caught:
        athena.get_session_status(SessionId=UNKNOWN)
    assert caught.value.response["Error"] == {
        "Message": f"Session {UNKNOWN} was not found",
        "Code": "InvalidRequestException",
    }
    assert caught.value.response["AthenaErrorCode"] == "INVALID_INPUT"
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400

    with pytest.raises(athena.exceptions.InvalidRequestException, match="WorkGroup is not found"):
        athena.start_session(WorkGroup="nowhere", EngineConfiguration={})

    ended, _, _ = run("pass")
    bucket, key = ended["Result"]["ResultS3Uri"].removeprefix("s3://").split("/", 1)
    with pytest.raises(s3.exceptions.NoSuchKey):
        s3.get_object(Bucket=bucket, Key=key)


def test_quota_is_a_throttling_class(athena, session_id):
    other = athena.start_session(WorkGroup="primary", EngineConfiguration={})["SessionId"]
    try:
        with pytest.raises(athena.exceptions.TooManyRequestsException) as caught:
            athena.start_session(WorkGroup="primary", EngineConfiguration={})
        assert caught.value.response["Error"]["Message"] == "Maximum allowed sessions reached (2)"
    finally:
        athena.terminate_session(SessionId=other)


def test_lists_page_by_page(athena, s3, session_id, run):
    identifiers = [run("print(1)")[0]["CalculationExecutionId"] for _ in range(3)][::-1]
    pages, token = [], {}
    while True:
        page = athena.list_calculation_executions(SessionId=session_id, MaxResults=2, **token)
        assert len(page["Calculations"]) <= 2
        pages += [calculation["CalculationExecutionId"] for calculation in page["Calculations"]]
        if "NextToken" not in page:
            break
        token = {"NextToken": page["NextToken"]}
    assert pages[:3] == identifiers
    assert len(set(pages)) == len(pages) >= 3

    sessions = athena.list_sessions(WorkGroup="primary", StateFilter="IDLE")["Sessions"]
    assert [(session["SessionId"], session["Description"]) for session in sessions] == [(session_id, "boto3")]

    objects = s3.get_paginator("list_objects_v2").paginate(
        Bucket="glaux-000000000000", Prefix=f"{session_id}/", PaginationConfig={"PageSize": 3}
    )
    keys = [item["Key"] for page in objects for item in page["Contents"]]
    assert keys == sorted(
        f"{session_id}/{calculation}/{name}" for calculation in pages for name in ("stdout", "stderr")
    )
