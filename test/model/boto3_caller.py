"""Calls Athena through boto3.

Reads lines of JSON, {"operation", "input"}, and answers each with a line {"status", "body", "error"}. `body`
is the text of the body as it came over the wire.
"""

import json
import sys

import boto3
from botocore import xform_name
from botocore.config import Config
from botocore.exceptions import ClientError

athena = boto3.client("athena", config=Config(retries={"total_max_attempts": 1}))
last = {}


def keep(response_dict, **_):
    last.update(status=response_dict["status_code"], body=response_dict["body"].decode())


athena.meta.events.register("before-parse.athena.*", keep)

for line in sys.stdin:
    request = json.loads(line)
    answer = {}
    try:
        getattr(athena, xform_name(request["operation"]))(**request["input"])
    except ClientError as error:
        answer["error"] = type(error).__name__
    print(json.dumps({**last, **answer}), flush=True)
