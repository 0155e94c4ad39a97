"""Clients of a service that already runs.

They take endpoint and credentials from the environment, as after `glaux env`.
"""

import time

import boto3
import pytest

ENDED = {"COMPLETED", "FAILED", "CANCELED"}


@pytest.fixture(scope="session")
def athena():
    return boto3.client("athena")


@pytest.fixture(scope="session")
def s3():
    return boto3.client("s3")


@pytest.fixture(scope="session")
def session_id(athena):
    started = athena.start_session(
        Description="boto3", WorkGroup="primary", EngineConfiguration={"MaxConcurrentDpus": 20, "SparkProperties": {}}
    )
    identifier = started["SessionId"]
    yield wait_for(lambda: athena.get_session_status(SessionId=identifier), {"IDLE"}) and identifier
    assert athena.terminate_session(SessionId=identifier)["State"] == "TERMINATING"
    ended = wait_for(lambda: athena.get_session_status(SessionId=identifier), {"TERMINATED"})
    assert ended["Status"]["StateChangeReason"] == "Session was terminated per request"


@pytest.fixture(scope="session")
def run(athena, s3, session_id):
    """Runs code to its end. Returns the calculation, its standard output and its standard error."""

    def run_code(code):
        started = athena.start_calculation_execution(SessionId=session_id, CodeBlock=code)
        identifier = started["CalculationExecutionId"]
        ended = wait_for(lambda: athena.get_calculation_execution(CalculationExecutionId=identifier), ENDED)
        return ended, *(read(s3, ended["Result"][name]) for name in ("StdOutS3Uri", "StdErrorS3Uri"))

    return run_code


def wait_for(look, states, within_s=200):
    deadline = time.monotonic() + within_s
    while True:
        answer = look()
        state = answer["Status"]["State"]
        if state in states:
            return answer
        assert state not in {"FAILED", "DEGRADED"}, answer["Status"].get("StateChangeReason")
        assert time.monotonic() < deadline, f"still {state}"
        time.sleep(0.05)


def read(s3, uri):
    bucket, key = uri.removeprefix("s3://").split("/", 1)
    return s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode()
