"""Starts sessions by stock boto3. Each line of standard input is JSON.

{"start": n, "properties": {...}} starts n sessions at once. The answer has for each session its id, the milliseconds
from StartSession to IDLE, and whether StartSession's own answer was IDLE. {"end": [id, ...]} ends these sessions."""

import json
import sys
import threading
import time

import boto3

client = boto3.client("athena")
# Made before the clock runs. Each session that starts at the same time has a client, and so a connection, of
# its own.
clients = [boto3.client("athena") for _ in range(16)]
for one in clients:
    one.list_sessions(WorkGroup="primary")


def start(one, properties, found):
    began = time.perf_counter()
    answer = one.start_session(WorkGroup="primary", EngineConfiguration={"SparkProperties": properties})
    hit = answer["State"] == "IDLE"
    state = answer["State"]
    while state != "IDLE":
        state = one.get_session_status(SessionId=answer["SessionId"])["Status"]["State"]
        if state == "FAILED":
            raise RuntimeError("a session has failed")
    found.append({"id": answer["SessionId"], "ms": (time.perf_counter() - began) * 1000, "hit": hit})


def end(ids):
    for session in ids:
        client.terminate_session(SessionId=session)
    for session in ids:
        while client.get_session_status(SessionId=session)["Status"]["State"] != "TERMINATED":
            time.sleep(0.05)


for line in sys.stdin:
    order = json.loads(line)
    found = []
    if "start" in order:
        arguments = [(one, order.get("properties", {}), found) for one in clients[: order["start"]]]
        threads = [threading.Thread(target=start, args=each) for each in arguments]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    else:
        end(order["end"])
    print(json.dumps(found), flush=True)
