"""Code in a session with a real Spark: names, output, errors, UDFs, magics, displays."""

from __future__ import annotations

import base64

import pytest

from glaux_driver.messages import Run, RunnerFinished
from glaux_driver.supervisor.launch import Engine
from tests.runner.harness import SESSION, Jvm, RunnerProcess, wait_for


def need(runner: RunnerProcess, *packages: str) -> None:
    """Skips the test if the engine lacks one of the packages. An engine need not have them."""
    found = f"import importlib.util as i\nprint(all(i.find_spec(name) for name in {packages!r}))"
    if runner.run(found).stdout != "True\n":
        pytest.skip(f"this engine lacks one of: {', '.join(packages)}")


def test_names_live_on(runner: RunnerProcess) -> None:
    assert runner.run("x = 1\nimport math\ndef f(): return x + 1").outcome == "completed"
    assert runner.run("print(f(), math.floor(2.5))").stdout == "2 2\n"


def test_a_clean_start(own_runner: RunnerProcess, engine: Engine) -> None:
    done = own_runner.run("print(sorted(n for n in globals() if n[:2] != '__'))")
    assert done.stdout == ("['athena_shared_logger', 'athena_user_logger', 'display', 'get_ipython', 'sc', 'spark']\n")
    done = own_runner.run("import sys, os\nprint(__name__, '__file__' in globals(), sys.argv, sys.path[0] == '')\n"
                          "print(sys.modules['__main__'].__dict__ is globals(), os.path.basename(os.getcwd()))\n"
                          "print([n for n in ('pandas', 'matplotlib') if n in sys.modules])")  # fmt: skip
    *start, loaded = done.stdout.splitlines()
    assert start == ["__main__ False [''] True", "True work"]
    # PySpark 4.3 itself imports pandas if pandas is installed.
    assert loaded in (["[]", "['pandas']"] if engine.id == "4" else ["[]"])


def test_nothing_is_echoed(runner: RunnerProcess) -> None:
    done = runner.run("1 + 1")
    assert (done.outcome, done.stdout, done.stderr, done.results) == ("completed", "", "", None)


def test_show(runner: RunnerProcess) -> None:
    done = runner.run("spark.range(2).show()")
    assert done.stdout == "+---+\n| id|\n+---+\n|  0|\n|  1|\n+---+\n\n"
    assert done.stderr == ""


def test_unicode(runner: RunnerProcess) -> None:
    done = runner.run("print('größer 你好 🦉')\nprint('\\ud800')\nspark.createDataFrame([('é',)], ['ü']).show()")
    assert done.stdout.startswith("größer 你好 🦉\n\\ud800\n+---+\n|  ü|\n")


def test_deleted_names_come_back_and_reassigned_ones_stay(runner: RunnerProcess) -> None:
    runner.run("del spark, sc")
    assert runner.run("print(sc.range(3).count() + spark.range(3).count())").stdout == "6\n"
    runner.run("mine = spark = spark.newSession()")
    assert runner.run("print(spark is mine)").stdout == "True\n"
    runner.run("del spark")


def test_error_text(runner: RunnerProcess) -> None:
    done = runner.run("\nfoobar\n")
    assert done.stderr.strip() == "File \"<stdin>\", line 2, in <module>\nNameError: name 'foobar' is not defined"
    assert (done.outcome, done.error_type, done.error_message) == (
        "failed",
        "NameError",
        "name 'foobar' is not defined",
    )


@pytest.mark.parametrize(
    ("code", "outcome", "error"),
    [
        ("raise SystemExit", "completed", None),
        ("import sys; sys.exit(0)", "completed", None),
        ("exit()", "completed", None),
        ("import sys; sys.exit(3)", "failed", ("SystemExit", "3")),
        ("import sys; sys.exit(False)", "completed", None),
        ("import sys; sys.exit(0.0)", "failed", ("SystemExit", "0.0")),
        ("raise KeyboardInterrupt", "failed", ("KeyboardInterrupt", "")),
        ("x = = 1", "failed", ("SyntaxError", "invalid syntax")),
    ],
)
def test_outcomes(runner: RunnerProcess, code: str, outcome: str, error: tuple[str, str] | None) -> None:
    done = runner.run(code)
    assert done.outcome == outcome
    assert (done.error_type, done.error_message) == (error or (None, None))


ERRORS_WHOSE_OWN_CODE_RAISES = {
    "comparing its code": (
        "class V:\n  def __eq__(self, other): raise KeyboardInterrupt\n  __str__ = __bool__ = __eq__\nraise SystemExit(V())",
        "SystemExit"),
    "comparing its number": (
        "class V(int):\n  def __eq__(self, other): raise SystemExit\nraise SystemExit(V(0))", "SystemExit"),
    "str interrupts": ("class E(Exception):\n  def __str__(self): raise KeyboardInterrupt\nraise E", "E"),
    "str exits": ("class E(Exception):\n  def __str__(self): raise SystemExit(0)\nraise E", "E"),
    "code": ("class E(SystemExit):\n  code = property(lambda self: 1 / 0)\nraise E", "E"),
    "name of its class": (
        "class M(type):\n  __name__ = property(lambda self: exit())\nclass E(Exception, metaclass=M): pass\nraise E", "E"),
    "class": ("class E(Exception):\n  __class__ = property(lambda self: exit())\nraise E", "E"),
}  # fmt: skip


@pytest.mark.parametrize("name", ERRORS_WHOSE_OWN_CODE_RAISES)
def test_an_error_whose_own_code_raises_fails_the_calculation_alone(runner: RunnerProcess, name: str) -> None:
    code, error_type = ERRORS_WHOSE_OWN_CODE_RAISES[name]
    runner.run("kept = 1")
    done = runner.run(code)
    assert (done.outcome, done.error_type) == ("failed", error_type)
    assert done.stderr.strip()
    assert runner.run("print(kept)").stdout == "1\n"


def test_a_code_of_numpy(runner: RunnerProcess) -> None:
    need(runner, "numpy")
    done = runner.run("import numpy, sys\nsys.exit(numpy.array([1, 2]))")
    assert (done.outcome, done.error_type, done.error_message) == ("failed", "SystemExit", "[1 2]")


def test_output_before_a_failure_is_kept(runner: RunnerProcess) -> None:
    done = runner.run("print('so far')\n1 / 0")
    assert (done.outcome, done.stdout) == ("failed", "so far\n")


@pytest.mark.parametrize(
    ("code", "error_type", "message"),
    [
        ("spark.range(1).select('nope')", "AnalysisException", "[UNRESOLVED_COLUMN.WITH_SUGGESTION] A column"),
        ("spark.sql('select * from nope')", "AnalysisException", "[TABLE_OR_VIEW_NOT_FOUND] The table or view `nope`"),
        ("spark.sql('selec 1')", "ParseException", "[PARSE_SYNTAX_ERROR] Syntax error at or near 'selec'"),
        ("spark._jvm.java.lang.Integer.parseInt('x')", "NumberFormatException", 'For input string: "x"'),
        ("spark.conf.set('spark.sql.ansi.enabled', True)\nspark.sql('select 1/0').show()", "ArithmeticException",
         "[DIVIDE_BY_ZERO] Division by zero."),
        ("spark._jvm.java.util.ArrayList().get(0)", "Py4JJavaError", "An error occurred while calling o"),
    ],
)  # fmt: skip
def test_errors_of_spark(runner: RunnerProcess, code: str, error_type: str, message: str) -> None:
    done = runner.run("\n" + code)
    assert done.outcome == "failed"
    assert done.error_type == error_type
    assert done.error_message is not None
    assert done.error_message.startswith(message)
    line = 1 + len(code.split("\n"))
    first, second = done.stderr.split("\n")[:2]
    assert first == f'File "<stdin>", line {line}, in <module>'
    assert second.split(": ")[0].endswith(error_type)
    assert "site-packages" not in done.stderr.split("\n: ")[0]


def test_python_udf(runner: RunnerProcess) -> None:
    runner.run("from pyspark.sql.functions import udf\nbase = 10\ndef helper(x): return x + base\n"
               "@udf('long')\ndef f(x):\n    return helper(x)")  # fmt: skip
    done = runner.run("print([r[0] for r in spark.range(3).select(f('id')).collect()])")
    assert (done.stdout, done.stderr) == ("[10, 11, 12]\n", "")


def test_error_in_a_udf_names_its_line(runner: RunnerProcess) -> None:
    done = runner.run("from pyspark.sql.functions import udf\n@udf('long')\ndef bad(x):\n    return 1 // x\n"
                      "spark.range(1).select(bad('id')).collect()")  # fmt: skip
    assert (done.outcome, done.error_type) == ("failed", "PythonException")
    assert done.stderr.startswith('File "<stdin>", line 5, in <module>\n')
    assert 'File "<stdin>", line 4, in bad' in done.stderr
    assert "ZeroDivisionError" in done.stderr


def test_pandas_udf_and_arrow(runner: RunnerProcess) -> None:
    need(runner, "pandas", "pyarrow")
    done = runner.run("from pyspark.sql.functions import pandas_udf\nimport pandas as pd\n"
                      "@pandas_udf('long')\ndef twice(s: pd.Series) -> pd.Series:\n    return s * 2\n"
                      "print(spark.range(3).select(twice('id').alias('d')).toPandas()['d'].tolist())")  # fmt: skip
    assert done.stdout == "[0, 2, 4]\n", done.stderr


def test_broadcast_accumulator_and_class(runner: RunnerProcess) -> None:
    done = runner.run(
        "b = sc.broadcast({1: 'one'})\na = sc.accumulator(0)\nclass P:\n    def __init__(self, v): self.v = v\n"
        "def f(x):\n    a.add(x)\n    return P(b.value.get(x, '?'))\n"
        "print([p.v for p in sc.parallelize([1, 2], 2).map(f).collect()], a.value)"
    )
    assert done.stdout == "['one', '?'] 3\n", done.stderr


def test_jobs_run_under_the_calculations_group(runner: RunnerProcess) -> None:
    calculation = runner.run("print(sc.getLocalProperty('spark.jobGroup.id'))")
    assert calculation.stdout.strip() == calculation.message.calculation_id


def test_top_level_await(runner: RunnerProcess) -> None:
    done = runner.run(
        "import asyncio\nawait asyncio.sleep(0)\nprint('awaited')\nawait asyncio.gather(asyncio.sleep(0))"
    )
    assert (done.outcome, done.stdout) == ("completed", "awaited\n")
    assert runner.run("import asyncio\nprint(asyncio.run(asyncio.sleep(0, 'run')))").stdout == "run\n"


def test_sql_magic(runner: RunnerProcess) -> None:
    done = runner.run("\n%%sql\nselect 1 as a,\n       'x' as b\n")
    assert (done.outcome, done.stdout) == ("completed", "+---+---+\n|  a|  b|\n+---+---+\n|  1|  x|\n+---+---+\n\n")
    runner.run("%%sql\ncreate or replace temp view v as select 7 as n")
    assert runner.run("print(spark.table('v').first().n)").stdout == "7\n"
    failed = runner.run("\n\n%%sql\nselect * from nope")
    assert failed.error_type == "AnalysisException"
    assert failed.stderr.startswith('File "<stdin>", line 3, in <module>\n')
    assert runner.run("%%sql\n").error_type == "UsageError"


def test_sql_is_taken_as_written(runner: RunnerProcess) -> None:
    assert "|true|" in runner.run("%sql select 'aab' rlike '^a{2}b$' as ok").stdout
    assert "|{two} $two|" in runner.run("two = 2\n%sql select '{two} $two' as x").stdout


def test_session_magics(runner: RunnerProcess) -> None:
    assert runner.run("%session_id").stdout == SESSION.session_id + "\n"
    status = runner.run("%status").stdout
    assert all(text in status for text in (SESSION.session_id, "BUSY", "primary", "Apache Spark version 3.5"))
    assert SESSION.session_id in runner.run("%list_sessions").stdout
    assert runner.run("id = %session_id\nprint(len(id))").stdout.endswith("\n36\n")
    assert all(f"%{name}" in runner.run("%help").stdout for name in ("status", "%sql", "env"))
    assert "%set_log_level" in runner.run("%lsmagic").stdout


def test_env_magic(runner: RunnerProcess) -> None:
    done = runner.run("%env GLAUX_A=some value\nimport os\nprint(os.environ['GLAUX_A'])\n%env GLAUX_A\n!echo $GLAUX_A")
    assert done.stdout == "env: GLAUX_A=some value\nsome value\nsome value\nsome value\n"
    done = runner.run("os.environ['MY_SECRET'] = 'hush'\n%env")
    assert "GLAUX_A=some value\n" in done.stdout
    assert "MY_SECRET=<hidden>" in done.stdout
    assert "hush" not in done.stdout
    assert runner.run("a = 1\n%env GLAUX_A={a} $a").stdout == "env: GLAUX_A={a} $a\n"
    assert runner.run("level = 'LOUD'\n%matplotlib {level}\n").error_type == "UsageError"
    assert runner.run("%env NOT_THERE").error_message == "Environment does not have key: NOT_THERE"


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("%nope", "Line magic function `%nope` not found. %lsmagic lists what there is."),
        ("%%nope\nx", "Cell magic `%%nope` not found. %lsmagic lists what there is."),
        ("%%configure\n{}", "%%configure is not available: a session is configured when it is started"),
        ("%conda install x", "%conda is not available: install packages with %pip"),
        ("%set_log_level LOUD", "%set_log_level takes one of DEBUG, INFO, WARN, WARNING, ERROR, FATAL."),
        ("%matplotlib qt", "%matplotlib: figures can only be shown inline."),
    ],
)
def test_misused_magics(runner: RunnerProcess, code: str, message: str) -> None:
    done = runner.run(code)
    assert done.error_type == "UsageError"
    assert done.error_message is not None
    assert done.error_message.startswith(message)
    lines = done.stderr.strip().split("\n")
    assert lines[0].startswith('File "<stdin>", line ')
    assert lines[1].startswith("UsageError: ")
    assert len(lines) == 2


def test_lines_stay_right_after_magics(runner: RunnerProcess) -> None:
    done = runner.run("\n!echo a \\\n  b\n%env A=1\n\nfoobar")
    assert done.stderr.startswith('File "<stdin>", line 6, in <module>\nNameError')
    assert runner.run("%env A=1\nx = = 1").stderr.startswith('File "<stdin>", line 2\n')


def test_shell_commands(runner: RunnerProcess) -> None:
    done = runner.run(
        "word = 'hi'\n!echo {word}; echo err >&2; exit 3\nprint(_exit_code)\nout = !printf 'a\\nb'\nprint(out)"
    )
    assert (done.stdout, done.stderr) == ("hi\n3\n['a', 'b']\n", "err\n")


def test_loggers_write_to_the_sessions_log(runner: RunnerProcess) -> None:
    done = runner.run("athena_user_logger.info('told %s', 'user')\nathena_shared_logger.warning('told all')\n"
                      "athena_user_logger.debug('not told')")  # fmt: skip
    assert (done.stdout, done.stderr) == ("", "")
    log = runner.log.read_text()
    assert "INFO athena_user_logger: told user\n" in log
    assert "WARNING athena_shared_logger: told all\n" in log
    assert "not told" not in log
    runner.run("%set_log_level DEBUG\nathena_user_logger.debug('now told')\n%set_log_level WARNING")
    assert "now told" in runner.log.read_text()


def test_display_of_a_dataframe(runner: RunnerProcess) -> None:
    done = runner.run(
        'df = spark.sql(\'select "a<b" as `x&y`, null as n, repeat("z", 30) as long\')\ndf.show()\ndisplay(df)'
    )
    assert done.results is not None
    (bundle,) = done.results
    shown, displayed = done.stdout.split("\n\n")
    assert shown + "\n" == displayed == bundle["text/plain"] + "\n"
    assert "<th>x&amp;y</th>" in bundle["text/html"]
    assert "<td>a&lt;b</td><td>NULL</td><td>" + "z" * 17 + "...</td>" in bundle["text/html"]


@pytest.mark.parametrize("rows", [0, 20, 21])
def test_display_of_a_dataframe_is_bounded(runner: RunnerProcess, rows: int) -> None:
    done = runner.run(f"df = spark.range({rows})\ndf.show()\ndisplay(df)")
    assert done.results is not None
    shown = done.stdout[: len(done.stdout) // 2].rstrip("\n")
    assert done.results[0]["text/plain"] == shown
    assert ("only showing top 20 rows" in shown) == (rows > 20)
    assert done.results[0]["text/html"].count("<tr>") == 1 + min(rows, 20)


def test_display_of_anything(runner: RunnerProcess) -> None:
    done = runner.run(
        "from IPython.display import HTML, JSON, Image\ndisplay({'a': 1}, HTML('<b>\\u2028ü</b>'))\ndisplay(JSON({'k': [1]}))\n"
        "display(Image(data=b'\\x89PNG\\r\\n', format='png'))\nclass R:\n    def _repr_png_(self): return b'raw'\ndisplay(R())"
    )
    assert done.results is not None, done.stderr
    plain, markup, data, image, raw = done.results
    assert plain == {"text/plain": "{'a': 1}"}
    assert markup["text/html"] == "<b>\u2028ü</b>"
    assert data["application/json"] == {"k": [1]}
    assert base64.b64decode(image["image/png"]) == b"\x89PNG\r\n"
    assert base64.b64decode(raw["image/png"]) == b"raw"
    assert done.stdout.startswith("{'a': 1}\n<IPython.core.display.HTML object>\n")


def test_display_of_pandas(runner: RunnerProcess) -> None:
    need(runner, "pandas")
    done = runner.run("import pandas as pd\ndisplay(pd.DataFrame({'a': [1]}))")
    assert done.results is not None
    assert done.results[0]["text/plain"] == "   a\n0  1"
    assert "<th>a</th>" in done.results[0]["text/html"]


def test_figures(own_runner: RunnerProcess) -> None:
    need(own_runner, "matplotlib")
    done = own_runner.run(
        "%matplotlib inline\nimport matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()\nplt.plot([2, 1])"
    )
    assert done.results is not None, done.stderr
    assert len(done.results) == 2
    assert all(base64.b64decode(bundle["image/png"]).startswith(b"\x89PNG") for bundle in done.results)
    assert done.stderr == ""
    assert own_runner.run("print(plt.get_fignums())").results is None
    agg = own_runner.run("plt.switch_backend('Agg')\nfig, ax = plt.subplots()\n1 / 0")
    assert agg.results is not None
    assert (len(agg.results), agg.error_type) == (1, "ZeroDivisionError")


def test_context_stopped_by_the_code(own_runner: RunnerProcess, jvm: Jvm) -> None:
    done = own_runner.run("kept = 42\nold = sc\nspark.stop()")
    assert (done.outcome, done.message.context_stopped) == ("completed", True)
    application = jvm.make_context()
    assert own_runner.renew().application_id == application
    done = own_runner.run(
        "print(spark.range(3).count(), sc.applicationId == spark.sparkContext.applicationId, kept, sc is old)"
    )
    assert (done.stdout, done.message.context_stopped) == ("3 True 42 False\n", False)


def test_context_stopped_behind_pyspark(own_runner: RunnerProcess, jvm: Jvm) -> None:
    assert own_runner.run("sc._jsc.sc().stop()").message.context_stopped
    application = jvm.make_context()
    assert own_runner.renew().application_id == application
    assert own_runner.run("print(spark.range(3).count())").stdout == "3\n"


def test_context_replaced_by_the_code(own_runner: RunnerProcess, jvm: Jvm) -> None:
    done = own_runner.run(
        "conf = sc.getConf()\nspark.stop()\nfrom pyspark.sql import SparkSession\n"
        "spark = SparkSession.builder.config(conf=conf).appName('mine').getOrCreate()\nmine = spark"
    )
    assert (done.outcome, done.message.context_stopped) == ("completed", True), done.stderr
    jvm.make_context()  # finds the user's context
    own_runner.renew()
    done = own_runner.run("print(spark is mine, sc is spark.sparkContext, spark.range(3).count(), sc.appName)")
    assert (done.stdout, done.message.context_stopped) == ("True True 3 mine\n", False)
    own_runner.run("import time")
    calculation, _ = own_runner.started("print('begun')\ntime.sleep(60)")
    # A signal that arrives before the code runs has no effect. By then PySpark has set its own handler.
    wait_for(lambda: calculation.stdout.read_text() == "begun\n")
    own_runner.interrupt()
    assert calculation.done(own_runner.expect(RunnerFinished)).outcome == "canceled"


def test_files_that_cannot_be_made(runner: RunnerProcess) -> None:
    runner.send(Run("c", "1", "/nowhere/stdout", "/nowhere/stderr", "/nowhere/results"))
    finished = runner.expect(RunnerFinished)
    assert (finished.outcome, finished.error_type) == ("failed", "FileNotFoundError")
    assert runner.run("print(1)").stdout == "1\n"
