# Glaux for the tests of a project: copy this file beside them. It needs `pip install pytest boto3`, and `glaux`.
#
#   GLAUX_COMMAND   how `glaux` is called: `npx glaux` unless this is set; in a checkout `node <folder>/bin/glaux.mjs`
#   GLAUX_ENGINES   the folder of the Spark engines: ~/.glaux/engines unless this is set. An engine that is not there is
#                   installed at the first start, in minutes; `npx glaux engines install` does it before, and shows it.
#
# The other GLAUX_… settings hold here, too. The data folder is one of pytest's temporary folders, of which pytest keeps
# those of the last three runs: output.txt and glaux.log in it say what the service did.
import os
import shlex
import signal
import subprocess
import time

import boto3
import pytest

BUCKETS = ["tests"]  # those that the code under test reads and writes
COMMAND = shlex.split(os.environ.get("GLAUX_COMMAND") or "npx glaux")
START_WITHIN_S = 20 * 60  # an engine may have to be installed
END_WITHIN_S = 60


@pytest.fixture(scope="session")
def glaux(tmp_path_factory):
    """A service for this run, which boto3 uses. The value is its data folder: in it, buckets/tests is s3://tests."""
    home = tmp_path_factory.mktemp("glaux")
    env = {
        # The tests share one session. Where each starts its own, leave this out: they get booted drivers from a pool.
        "GLAUX_POOL_MAX": "0",
        "GLAUX_ENGINES": os.path.expanduser("~/.glaux/engines"),
        **os.environ,
        "GLAUX_HOME": str(home),
        "GLAUX_LISTEN": "127.0.0.1:0",  # any free port
    }
    service, interrupt = start(env, home / "output.txt")
    try:
        wait_until_ready(service, home)
        for name in BUCKETS:
            (home / "buckets" / name).mkdir()
        with pytest.MonkeyPatch.context() as patch:
            for name, value in client_settings(env):
                if value is None:
                    patch.delenv(name, raising=False)
                else:
                    patch.setenv(name, value)
            patch.setattr(boto3, "DEFAULT_SESSION", None)  # one that was made before does not know them
            yield home
    finally:
        end(service, interrupt)


@pytest.fixture(scope="session")
def run(glaux):
    """A function that runs code in the one Spark session of all tests, and returns what the code has printed."""
    athena, s3 = boto3.client("athena"), boto3.client("s3")
    session = athena.start_session(WorkGroup="primary", EngineConfiguration={"MaxConcurrentDpus": 20})["SessionId"]
    status = wait(lambda: athena.get_session_status(SessionId=session)["Status"], {"IDLE", "FAILED", "TERMINATED"})
    if status["State"] != "IDLE":
        pytest.fail(f"The session is {status['State']}: {status.get('StateChangeReason')}", pytrace=False)

    def text_of(uri):
        bucket, key = uri.removeprefix("s3://").split("/", 1)
        return s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode()

    def run_code(code):
        started = athena.start_calculation_execution(SessionId=session, CodeBlock=code)["CalculationExecutionId"]
        look = athena.get_calculation_execution_status
        status = wait(lambda: look(CalculationExecutionId=started)["Status"], {"COMPLETED", "FAILED", "CANCELED"})
        result = athena.get_calculation_execution(CalculationExecutionId=started)["Result"]
        if status["State"] != "COMPLETED":
            raise RuntimeError(f"The calculation is {status['State']}:\n{text_of(result['StdErrorS3Uri'])}")
        return text_of(result["StdOutS3Uri"])

    return run_code


def wait(look, states):
    """Looks until the state is one of these, and returns the status."""
    while True:
        status = look()
        if status["State"] in states:
            return status
        time.sleep(0.05)


def start(env, output):
    """The service, and what ends it when its standard input does: at `end`, and when pytest has crashed or was killed."""
    # Neither is of pytest's session: Ctrl-C in a terminal is for pytest, which then ends the service.
    try:
        with output.open("w") as file:
            streams = {"stdin": subprocess.DEVNULL, "stdout": file, "stderr": subprocess.STDOUT}
            service = subprocess.Popen([*COMMAND, "serve"], env=env, start_new_session=True, **streams)
    except OSError as error:
        pytest.fail(f"Glaux did not start: {error}. GLAUX_COMMAND says how `glaux` is called.", pytrace=False)
    # As Ctrl-C does: to the whole group, as there may be an npx around the service.
    interrupt = ["sh", "-c", 'read line; kill -s INT -- "-$0"', str(service.pid)]
    return service, subprocess.Popen(interrupt, stdin=subprocess.PIPE, start_new_session=True)


def wait_until_ready(service, home):
    """Until the service has written down its address: it answers then. It may have to install an engine first."""
    give_up_at = time.monotonic() + START_WITHIN_S
    while not (home / "run" / "endpoint").exists():
        ended = service.poll()
        if ended is not None or time.monotonic() > give_up_at:
            why = f"was not ready within {START_WITHIN_S} s" if ended is None else f"ended with exit code {ended}"
            said = (home / "output.txt").read_text()
            pytest.fail(f"Glaux did not start: {shlex.join(service.args)} {why}. It said:\n{said}", pytrace=False)
        time.sleep(0.05)


def client_settings(env):
    """What `glaux env` tells a shell to export (name, value) and to unset (name, None), so that AWS clients find the service."""
    lines = subprocess.run([*COMMAND, "env"], env=env, check=True, stdout=subprocess.PIPE, text=True).stdout
    for verb, *words in map(shlex.split, lines.splitlines()):
        for word in words:
            name, _, value = word.partition("=")
            yield name, value if verb == "export" else None


def end(service, interrupt):
    """Ends the service with its sessions, and returns when nothing is left of either."""
    interrupt.communicate()
    give_up_at = time.monotonic() + END_WITHIN_S
    try:
        while time.monotonic() < give_up_at:
            service.poll()
            os.killpg(service.pid, 0)
            time.sleep(0.05)
        os.killpg(service.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
