"""One cold start of an engine, timed.

Reads {"command": [...], "sparkHome": ...} from standard input. Prints as JSON the times in seconds since the JVM was
started (`gateway`, `context`, `query`), and the CPU time that the JVM has used until the query's end (`cpu`)."""

import json
import os
import struct
import subprocess
import sys
import tempfile
import time

task = json.load(sys.stdin)
with tempfile.TemporaryDirectory() as folder:
    info = os.path.join(folder, "gateway")
    env = dict(os.environ, _PYSPARK_DRIVER_CONN_INFO_PATH=info, SPARK_LOCAL_IP="127.0.0.1")
    from py4j.clientserver import ClientServer, JavaParameters, PythonParameters

    began = time.monotonic()
    jvm = subprocess.Popen(task["command"], stdin=subprocess.PIPE, stdout=sys.stderr, stderr=sys.stderr, env=env, cwd=folder)
    try:
        while not os.path.exists(info):
            if jvm.poll() is not None:
                sys.exit("the JVM did not start")
            time.sleep(0.005)
        with open(info, "rb") as file:
            port, length = struct.unpack("!ii", file.read(8))
            secret = file.read(length).decode()
        gateway = time.monotonic() - began
        client = ClientServer(
            java_parameters=JavaParameters(port=port, auth_token=secret, auto_convert=True),
            python_parameters=PythonParameters(port=0, eager_load=False),
        )
        conf = client.jvm.org.apache.spark.SparkConf(False)
        for key, value in {
            "spark.master": "local[2]",
            "spark.app.name": "cold",
            "spark.driver.host": "127.0.0.1",
            "spark.driver.bindAddress": "127.0.0.1",
            "spark.ui.showConsoleProgress": "false",
            "spark.sql.shuffle.partitions": "2",
            "spark.ui.port": "0",
        }.items():
            conf.set(key, value)
        spark = client.jvm.org.apache.spark.sql.SparkSession.builder().config(conf).getOrCreate()
        context = time.monotonic() - began
        assert spark.range(1000).count() == 1000
        query = time.monotonic() - began
        with open(f"/proc/{jvm.pid}/stat") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
        cpu = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        print(json.dumps({"gateway": gateway, "context": context, "query": query, "cpu": cpu}))
    finally:
        jvm.kill()
        jvm.wait()
