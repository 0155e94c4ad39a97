# A stock boto3 client, from StartSession to the output. It speaks to Glaux after
#
#   eval "$(npx glaux env)" && python examples/boto3_client.py
#
# and to AWS with any other profile; nothing in it knows the difference. Needs `pip install boto3`.
import time

import boto3

WORK_GROUP = "primary"
CODE = """
squares = spark.range(1, 6).selectExpr("id", "id * id AS square")
squares.show()
print("sum:", squares.groupBy().sum("square").first()[0])
"""


def wait(look, done):
    """Looks until the state is one of `done`, and returns the answer."""
    while True:
        answer = look()
        if answer["Status"]["State"] in done:
            return answer
        time.sleep(0.5)


def main():
    athena = boto3.client("athena")
    s3 = boto3.client("s3")

    session_id = athena.start_session(WorkGroup=WORK_GROUP, EngineConfiguration={"MaxConcurrentDpus": 20})["SessionId"]
    try:
        status = wait(lambda: athena.get_session_status(SessionId=session_id), {"IDLE", "FAILED", "TERMINATED"})["Status"]
        if status["State"] != "IDLE":
            raise SystemExit(f"The session is {status['State']}: {status.get('StateChangeReason')}")
        print("session", session_id)

        calculation_id = athena.start_calculation_execution(SessionId=session_id, CodeBlock=CODE)["CalculationExecutionId"]
        calculation = wait(
            lambda: athena.get_calculation_execution(CalculationExecutionId=calculation_id),
            {"COMPLETED", "FAILED", "CANCELED"},
        )
        print("calculation", calculation_id, calculation["Status"]["State"])
        if "Result" in calculation:
            for output in ("StdOutS3Uri", "StdErrorS3Uri"):
                bucket, key = calculation["Result"][output].removeprefix("s3://").split("/", 1)
                text = s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode()
                if text:
                    print(f"--- {output}\n{text}", end="")
    finally:
        athena.terminate_session(SessionId=session_id)


if __name__ == "__main__":
    main()
