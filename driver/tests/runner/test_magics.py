"""IPython's magics, beyond what test_lsmagic.py compares:
output and its order, errors and their lines, names, and what stays after a magic."""

from __future__ import annotations

import json
import sys
from typing import List

import pytest

from tests.runner.harness import Jvm, RunnerProcess
from tests.runner.test_calculations import need
from tests.runner.test_process import stop


def lines(text: str) -> List[str]:
    return text.rstrip("\n").split("\n")


CAPTURED = (
    "print('out')\nimport sys\nprint('err', file=sys.stderr)\ndisplay(3)\n!echo child; echo child-err >&2\n%ls -d ."
)


def test_captured_output_is_not_shown_and_can_be(runner: RunnerProcess) -> None:
    done = runner.run(f"%%capture kept\n{CAPTURED}")
    assert (done.outcome, done.stdout, done.stderr, done.results) == ("completed", "", "", None)
    done = runner.run("print([kept.stdout, kept.stderr, len(kept.outputs)])")
    assert done.stdout == "['out\\nchild\\n./\\n', 'err\\nchild-err\\n', 1]\n"
    done = runner.run("kept.show()")
    assert (done.stdout, done.stderr) == ("out\nchild\n./\n3\n", "err\nchild-err\n")
    assert done.results == [{"text/plain": "3"}]


def test_what_is_not_to_be_captured_is_shown(runner: RunnerProcess) -> None:
    done = runner.run(f"%%capture kept --no-stdout --no-display\n{CAPTURED}")
    assert (done.stdout, done.stderr) == ("out\n3\nchild\n./\n", "")
    assert done.results == [{"text/plain": "3"}]


def test_captured_code_that_fails(runner: RunnerProcess) -> None:
    done = runner.run("%%capture kept\nprint('so far')\n1 / 0")
    assert (done.outcome, done.stdout) == ("failed", "")
    assert done.stderr == 'File "<stdin>", line 3, in <module>\nZeroDivisionError: division by zero\n'
    assert runner.run("print(kept.stdout)").stdout == "so far\n\n"


def test_captured_figures(runner: RunnerProcess) -> None:
    need(runner, "matplotlib")
    done = runner.run("%%capture kept\nimport matplotlib.pyplot as plt\nplt.plot([1, 2])")
    assert (done.outcome, done.results) == ("completed", None), done.stderr
    assert runner.run("print('image/png' in kept.outputs[0].data)").stdout == "True\n"


def test_shown_output_keeps_its_order(runner: RunnerProcess) -> None:
    done = runner.run("%%time\nprint(1)\n!echo 2\nimport os\nos.system('echo 3')\n%sx echo not shown\nprint(4)")
    assert [line.split(":")[0] for line in lines(done.stdout)] == ["1", "2", "3", "4", "CPU times", "Wall time"]
    done = runner.run("print('a')\n%ls -d .\nprint('b')\n%time print('c')\n!echo d")
    assert [line.split(":")[0] for line in lines(done.stdout)] == ["a", "./", "b", "c", "CPU times", "Wall time", "d"]
    done = runner.run("%%time\n%%bash\necho 1\necho err >&2\necho 2")
    assert [line.split(":")[0] for line in lines(done.stdout)] == ["1", "2", "CPU times", "Wall time"]
    assert done.stderr == "err\n"


def test_each_script_writes_into_its_own_calculation(runner: RunnerProcess) -> None:
    for number in range(3):
        assert runner.run(f"%%bash\necho {number}").stdout == f"{number}\n"


def test_scripts(runner: RunnerProcess) -> None:
    done = runner.run("%%script --out out --err err sh\necho o\necho e >&2")
    assert (done.stdout, done.stderr) == ("", "")
    assert runner.run("print([out, err])").stdout == "['o\\n', 'e\\n']\n"
    failed = runner.run("%%sh\necho so far\nexit 3")
    assert (failed.stdout, failed.error_type) == ("so far\n", "CalledProcessError")
    assert lines(failed.stderr)[0] == 'File "<stdin>", line 1, in <module>'
    assert runner.run("%%sh --no-raise-error\nexit 3").outcome == "completed"
    assert runner.run("%%script no-such-program\nx").stdout == "Couldn't find program: 'no-such-program'\n"
    runner.run("%%sh --bg --out out --proc process\ncat - /dev/null\necho done")
    assert runner.run("print(out.read(), process.wait())").stdout == "b'done\\n' 0\n"


ERRORS = {
    "a cell": ("\n%%time\nx = 1\nfoobar", ["line 4, in <module>"]),
    "a cell that is one expression": ("%%time\n\nfoobar", ["line 3, in <module>"]),
    "a line": ("x = 1\n%time foobar", ["line 2, in <module>"]),
    "a line in a block": ("if True:\n    # why\n    %time foobar", ["line 3, in <module>"]),
    "a function that a line calls": ("def f():\n    foobar\n%time f()", ["line 3, in <module>", "line 2, in f"]),
    "a line in a function": ("def f():\n    %time foobar\nf()", ["line 3, in <module>", "line 2, in f"]),
    "a function in a cell": ("%%time\ndef f():\n    foobar\nf()", ["line 4, in <module>", "line 3, in f"]),
    "timeit": ("%timeit foobar", ["line 1, in <module>"]),
    "timeit of a cell": ("%%timeit -n 1 x = 1\nx\nfoobar", ["line 3, in <module>"]),
    "setup of timeit": ("%%timeit -n 1 foobar\nx", ["line 1, in <module>"]),
    "prun": ("%prun foobar", ["line 1, in <module>"]),
    "prun of a cell": ("%%prun\nx = 1\nfoobar", ["line 3, in <module>"]),
    "capture": ("%%capture\nx = 1\nfoobar", ["line 3, in <module>"]),
    "magics in magics": ("%%capture\n%%time\nx = 1\nfoobar", ["line 4, in <module>"]),
    "a magic of the user's": (
        "from IPython.core.magic import register_line_magic\n@register_line_magic\ndef fails(line):\n    foobar\n%fails",
        ["line 5, in <module>", "line 4, in fails"]),
}  # fmt: skip


@pytest.mark.parametrize("name", ERRORS)
def test_errors_read_as_outside(runner: RunnerProcess, name: str) -> None:
    code, frames = ERRORS[name]
    done = runner.run(code)
    assert (done.outcome, done.error_type) == ("failed", "NameError")
    assert lines(done.stderr) == [
        *(f'File "<stdin>", {frame}' for frame in frames),
        "NameError: name 'foobar' is not defined",
    ]


@pytest.mark.parametrize("magic", ["%%time", "%%timeit", "%%prun", "%%capture"])
def test_syntax_errors_read_as_outside(runner: RunnerProcess, magic: str) -> None:
    done = runner.run(f"{magic}\nx = 1\nx = = 2")
    assert (done.error_type, done.error_message) == ("SyntaxError", "invalid syntax")
    outside = runner.run("# a comment\nx = 1\nx = = 2")
    assert done.stderr == outside.stderr


def test_errors_of_files_that_run(runner: RunnerProcess) -> None:
    runner.run("%%writefile fails.py\ndef f():\n    foobar\nf()")
    first, second, third, fourth = lines(runner.run("\n%run fails.py").stderr)
    assert first == 'File "<stdin>", line 2, in <module>'
    assert second.endswith('/work/fails.py", line 3, in <module>')
    assert third.endswith('/work/fails.py", line 2, in f')
    assert fourth == "NameError: name 'foobar' is not defined"
    runner.run("%%writefile exits.py\nimport sys\nsys.exit(3)")
    assert runner.run("%run exits.py").error_type == "SystemExit"
    assert runner.run("%run not_there.py").error_message == "File `'not_there.py'` not found."


def test_files_with_magics_run(runner: RunnerProcess) -> None:
    runner.run("%%writefile cells.ipy\nfrom_ipy = 1\n%time print('timed')\nfoobar")
    done = runner.run("%run cells.ipy")
    assert done.stdout.startswith("timed\nCPU times: ")
    assert lines(done.stderr)[1].endswith('/work/cells.ipy", line 3, in <module>')
    cells = [
        {"cell_type": "code", "source": ["from_notebook = 2\n", "print(from_ipy)"]},
        {"cell_type": "markdown", "source": "text"},
        {"cell_type": "code", "source": "%%time\nfoobar"},
    ]
    runner.run(f"%%writefile cells.ipynb\n{json.dumps({'cells': cells})}")
    done = runner.run("%run cells.ipynb")
    assert done.stdout.startswith("1\n")
    assert lines(done.stderr)[1].endswith('/work/cells.ipynb, cell 2", line 2, in <module>')
    assert runner.run("print(from_notebook)").stdout == "2\n"


STOPS = {
    "%%time": "%%time\nprint('begun')\nimport time\ntime.sleep(600)",
    "%time": "print('begun')\nimport time\n%time time.sleep(600)",
    "%%timeit": "%%timeit -n 1 -r 1 print('begun'); import time\ntime.sleep(600)",
    "%%prun": "%%prun\nprint('begun')\nimport time\ntime.sleep(600)",
    "%%bash": "%%bash\necho begun\nwhile :; do :; done\necho went on",
    "%%time that swallows": (
        "%%time\nprint('begun')\nimport time\nwhile True:\n    try:\n        time.sleep(.05)\n"
        "    except BaseException:\n        pass"),
    "%run": "%run sleeps.py",
    "%run that swallows": "%run swallows.py",
    "%%capture": "!echo begun\nget_ipython().run_cell_magic('capture', '', 'import time; time.sleep(600)')",
}  # fmt: skip


@pytest.mark.parametrize("name", STOPS)
def test_stop(runner: RunnerProcess, jvm: Jvm, name: str) -> None:
    runner.run("%%writefile sleeps.py\nprint('begun')\nimport time\ntime.sleep(600)")
    runner.run("%%writefile swallows.py\nprint('begun')\nimport time\nwhile True:\n    try:\n        time.sleep(.05)\n"
               "    except BaseException:\n        pass")  # fmt: skip
    calculation, running = runner.started(STOPS[name])
    while "begun" not in calculation.stdout.read_text():
        assert runner.receive(0.05) is None
    done = stop(runner, jvm, calculation, running, 8)
    assert (done.outcome, done.error_type) == ("canceled", None)
    assert "went on" not in done.stdout
    assert runner.run("import gc\nprint(__name__, gc.isenabled())").stdout == "__main__ True\n"


def test_values_of_magics(runner: RunnerProcess) -> None:
    work = str(runner.folder / "work")
    runner.run(f"%cd -q {work}")
    assert runner.run("here = %pwd\nprint(here)").stdout == work + "\n"
    assert runner.run("%pwd").stdout == repr(work) + "\n"
    assert runner.run("%pwd\nprint('only the last line is shown')").stdout == "only the last line is shown\n"
    assert runner.run("%time 1 + 1").stdout.startswith("CPU times")  # IPython shows no value here either
    assert runner.run("best = %timeit -o -q -n 1 -r 1 1\nprint(best.repeat)").stdout == "1\n"
    assert "n is 10\n" in runner.run("%time n = spark.range(10).count()\nprint('n is', n)").stdout
    assert runner.run("get_ipython().run_line_magic('pwd', '')").stdout == ""
    assert runner.run("get_ipython().magic('pwd')\nprint(get_ipython().getoutput('echo x'))").stdout == "['x']\n"


def test_magics_without_their_percent_sign(runner: RunnerProcess) -> None:
    assert runner.run("cd /").stdout == "/\n"
    assert runner.run("pwd").stdout == "'/'\n"
    runner.run("pwd = 1")
    assert runner.run("pwd").stdout == ""
    runner.run("del pwd")
    assert runner.run("pwd = 2\nprint(pwd)").stdout == "2\n"
    assert runner.run("cd = 3").stdout == ""
    runner.run("del pwd, cd")
    assert runner.run("no_such_name").error_type == "NameError"
    assert runner.run("no such name").error_type == "SyntaxError"
    assert runner.run("%automagic").outcome == "completed"
    assert runner.run("pwd").error_type == "NameError"
    runner.run("%automagic")
    runner.run(f"%cd -q {runner.folder / 'work'}")


def test_reset_keeps_what_a_session_has(runner: RunnerProcess) -> None:
    for options in ("-f", "", "-f --aggressive"):
        runner.run("mine = spark = display = 1")
        assert runner.run(f"%reset {options}").outcome == "completed"
        done = runner.run("print('mine' in globals(), spark.range(2).count(), sc.defaultParallelism > 0)\ndisplay(1)")
        assert done.stdout == "False 2 True\n1\n", done.stderr
        assert runner.run("%who").stdout == "Interactive namespace is empty.\n"
    runner.run("mine = 1\n%reset -f in out dhist")
    assert runner.run("print(mine)").stdout == "1\n"


def test_history(own_runner: RunnerProcess) -> None:
    own_runner.run("first = 1")
    own_runner.run("%env GLAUX_H=1\nsecond = 2")
    assert own_runner.run("%history").stdout == "first = 1\n%env GLAUX_H=1\nsecond = 2\n%history\n"
    translated = own_runner.run("%history -t 2").stdout
    assert translated == "get_ipython().run_line_magic('env', 'GLAUX_H=1')\nsecond = 2\n"
    assert own_runner.run("%history -g *no such*").stdout.endswith(": %history -g *no such*\n")
    assert "second = 2" in own_runner.run("%history -g *second*").stdout
    own_runner.run("first = 0")
    own_runner.run("%rerun 1")
    assert own_runner.run("print(first)").stdout == "1\n"
    own_runner.run("first = 0\n%macro -q again 1")
    own_runner.run("again")
    assert own_runner.run("print(first)").stdout == "1\n"


def test_ipythons_folder_is_the_sessions(own_runner: RunnerProcess) -> None:
    own_runner.run("%bookmark here\n%load_ext storemagic\nx = 1\n%store x\n%cd -q /\n%cd -q -")
    done = own_runner.run(
        "from IPython.paths import get_ipython_dir\nimport os\nshell = get_ipython()\n"
        "folders = {get_ipython_dir(), shell.ipython_dir, os.path.dirname(shell.profile_dir.location)}\n"
        "print(len(folders), os.path.dirname(folders.pop()))\n"
        "!echo $IPYTHONDIR\nprint(shell.ipython_dir)\nprint(shell.history_manager.save_thread)"
    )
    first, in_child, here, thread = lines(done.stdout)
    assert first == f"1 {own_runner.folder}", done.stderr
    assert in_child == here
    assert thread == "None"


def test_extensions_are_told_of_calculations(runner: RunnerProcess) -> None:
    runner.run("%load_ext autoreload\n%autoreload 2")
    runner.run("%%writefile reloaded.py\nVALUE = 1")
    assert runner.run("import reloaded\nprint(reloaded.VALUE)").stdout == "1\n"
    runner.run("import os\nos.utime('reloaded.py', (1, 1))")
    runner.run("%%writefile reloaded.py\nVALUE = 22")
    assert runner.run("print(reloaded.VALUE)").stdout == "22\n"
    runner.run("%autoreload off\n"
               "events = get_ipython().events\ndef fails(info): foobar\nevents.register('pre_run_cell', fails)")  # fmt: skip
    done = runner.run("print('goes on')")
    assert (done.outcome, done.stdout) == ("completed", "goes on\n")
    assert "NameError: name 'foobar' is not defined" in done.stderr
    runner.run("events.unregister('pre_run_cell', fails)")
    assert runner.run("print(1)").stderr == ""


BREAKS = [
    "shell.display_pub = shell.compile = shell.events = None",
    "shell.events.callbacks.clear()",
    "shell.magics_manager = shell.history_manager = None",
    "shell.builtin_trap = shell.prefilter_manager = None",
    "type(shell).clear_instance()",
    "shell.user_ns = {}",
    "import sys\nsys.modules['__main__'] = sys",
    "del get_ipython",
    "%reset -f",
    "%xmode Verbose\n%colors Linux\n%config InteractiveShell.automagic = False\n%config InteractiveShell.colors = 'NoColor'",
    "from IPython.utils.capture import capture_output\ncapture_output().__enter__()",
]


@pytest.mark.parametrize("code", BREAKS)
def test_what_user_code_breaks_is_mended(own_runner: RunnerProcess, code: str) -> None:
    own_runner.run(f"%pwd\nshell = get_ipython()\n{code}")
    done = own_runner.run("%time print(1)\ndisplay(2)\n%cd -q .\n%history -n 1")
    assert done.outcome == "completed", done.stderr
    assert lines(done.stdout)[0] == "1"
    assert done.results == [{"text/plain": "2"}]
    assert own_runner.run("foobar").stderr.startswith('File "<stdin>", line 1, in <module>\nNameError')


TABLES = {
    "spark.createDataFrame([('owl', 3141)], ['bird', 'nests'])": "|bird|nests|\n+----+-----+\n| owl| 3141|\n",
    "spark.createDataFrame([('owl', 3141)], ['bird', 'nests']).collect()": "|bird|nests|\n+----+-----+\n| owl| 3141|\n",
    "[{'bird': 'owl'}, {'bird': None, 'nests': 27}]": "|bird|nests|\n+----+-----+\n| owl| NULL|\n|NULL|   27|\n",
    "[('owl', 3141), ('wren',)]": "|   0|   1|\n+----+----+\n| owl|3141|\n|wren|NULL|\n",
    "[1, 'two']": "|value|\n+-----+\n|    1|\n|  two|\n",
    "{'owl': 3141}": "|key|value|\n+---+-----+\n|owl| 3141|\n",
    "[{'n': n} for n in range(21)]": "only showing top 20 rows\n",
}


@pytest.mark.parametrize("expression", TABLES)
def test_table(runner: RunnerProcess, expression: str) -> None:
    for code in (
        f"rows = {expression}\n%table rows",
        f"%table {expression}",
        f"def f(x):\n    %table x\nf({expression})",
    ):
        done = runner.run(code)
        assert TABLES[expression] in done.stdout, done.stderr
        assert done.results is not None
        (bundle,) = done.results
        assert bundle["text/plain"] + "\n" == done.stdout
        assert "<th>" in bundle["text/html"]


def test_table_of_pandas(runner: RunnerProcess) -> None:
    need(runner, "pandas")
    done = runner.run("import pandas as pd\npdf = pd.DataFrame({'bird': ['owl'], 'nests': [3141]})\n%table pdf")
    assert done.stdout == "  bird  nests\n0  owl   3141\n"
    assert done.results is not None
    assert "<th>nests</th>" in done.results[0]["text/html"]
    assert "3141" in runner.run("%table pdf.nests").stdout


def test_what_is_no_table(runner: RunnerProcess) -> None:
    assert runner.run("%table 5").error_message == "%table shows data frames and lists of rows, not int."
    assert runner.run("%table").error_message == "%table needs the name of what to show."
    assert runner.run("\n%table nope").stderr.startswith('File "<stdin>", line 2, in <module>\nNameError')


def test_plotly(runner: RunnerProcess) -> None:
    """Uses a stand-in, as no engine has Plotly."""
    done = runner.run(
        "class Figure:\n    def to_html(self, full_html, include_plotlyjs): return f'<div>{full_html} {include_plotlyjs}</div>'\n"
        "    def to_json(self): return '{\"data\": [1]}'\n    def to_plotly_json(self): return {'data': [1]}\n"
        "fig = Figure()\n%plotly fig"
    )
    assert done.results == [
        {
            "text/plain": "<Figure of Plotly>",
            "text/html": "<div>False True</div>",
            "application/vnd.plotly.v1+json": {"data": [1]},
        }
    ]
    assert runner.run("%plotly 5").error_message == "%plotly shows figures of Plotly, not int."


def test_config_of_figures(own_runner: RunnerProcess) -> None:
    need(own_runner, "matplotlib")
    done = own_runner.run("%matplotlib inline\n%config InlineBackend.figure_format = 'svg'\nprint('go on')")
    assert (done.outcome, done.stdout) == ("completed", "go on\n"), done.stderr
    done = own_runner.run("import matplotlib.pyplot as plt\nplt.plot([1, 2])")
    assert done.results is not None
    assert list(done.results[0]) == ["text/plain", "image/svg+xml"]


def test_a_display_that_fails_shows_its_own_error(runner: RunnerProcess) -> None:
    for method in ("_repr_html_", "_repr_png_", "_repr_mimebundle_", "_ipython_display_", "__repr__"):
        done = runner.run(f"class Bad:\n    def {method}(self, **_): raise ValueError('mine')\ndisplay(Bad())")
        assert lines(done.stderr) == [
            'File "<stdin>", line 3, in <module>',
            f'File "<stdin>", line 2, in {method}',
            "ValueError: mine",
        ]
        assert (done.outcome, done.error_type, done.error_message) == ("failed", "ValueError", "mine")


def test_the_last_error_again(runner: RunnerProcess) -> None:
    failed = runner.run("\nfoobar")
    assert runner.run("%tb").stdout == failed.stderr
    done = runner.run("try:\n    1 / 0\nexcept ZeroDivisionError:\n    get_ipython().showtraceback()\nprint('goes on')")
    assert (done.outcome, done.stdout) == ("completed", "goes on\n")
    assert done.stderr.endswith("ZeroDivisionError: division by zero\n")


ASKS = {
    "input('Name: ')": ("EOFError", "input()"),
    "import getpass\ngetpass.getpass()": ("EOFError", "getpass()"),
    "from getpass import getpass as ask\nask('Password: ')": ("EOFError", "getpass()"),
    "breakpoint()": ("RuntimeError", "breakpoint()"),
    "from pdb import set_trace\nset_trace()\nlast = 1": ("RuntimeError", "pdb"),
    "import pdb\ntry: 1 / 0\nexcept ZeroDivisionError as error: pdb.post_mortem(error.__traceback__)": (
        "RuntimeError",
        "pdb",
    ),
}


@pytest.mark.parametrize("code", ASKS)
def test_what_would_ask_says_what_to_do(runner: RunnerProcess, code: str) -> None:
    error, name = ASKS[code]
    done = runner.run(code)
    assert (done.outcome, done.error_type, done.stdout) == ("failed", error, "")
    assert (done.error_message or "").startswith(f"{name} needs a terminal, and a session has none: ")
    assert lines(done.stderr)[-1] == f"{error}: {done.error_message}"


def test_who_has_been_given_answers_is_not_refused(runner: RunnerProcess) -> None:
    done = runner.run(
        "import io, os, sys\nkept = sys.stdin\nsys.stdin = io.StringIO('Ann\\n')\nprint(input())\nsys.stdin = kept\n"
        "os.environ['PYTHONBREAKPOINT'] = '0'\nbreakpoint()\ndel os.environ['PYTHONBREAKPOINT']"
    )
    assert (done.outcome, done.stdout) == ("completed", "Ann\n"), done.stderr
    debugged = runner.run(
        "import pdb\npdb.Pdb(stdin=io.StringIO('c'), stdout=sys.stdout).set_trace()\nprint('goes on')"
    )
    # In Python 3.13, pdb stops in the line of the call itself.
    stopped_at = 2 if sys.version_info >= (3, 13) else 3
    assert debugged.stdout == f"> <stdin>({stopped_at})<module>()\n(Pdb) goes on\n"
    assert runner.run("input()").error_type == "EOFError"


SEVERAL = """%%sql
CREATE OR REPLACE TEMPORARY VIEW several AS SELECT 7 AS n;
-- ;
SELECT n FROM several;
SELECT 'a;b' AS m;
"""
SCRIPT = """%%sql
BEGIN
  DECLARE n INT DEFAULT 1;
  WHILE n < 5 DO SET n = n * 2; END WHILE;
  SELECT n AS n;
END;
SELECT 1 AS m"""


def test_statements_of_sql_run_one_after_the_other(runner: RunnerProcess) -> None:
    done = runner.run(SEVERAL)
    shown = "+---+\n|  {}|\n+---+\n|{:>3}|\n+---+\n\n"
    assert (done.outcome, done.stdout) == ("completed", shown.format("n", 7) + shown.format("m", "a;b")), done.stderr


def test_the_statement_that_fails_is_named(runner: RunnerProcess) -> None:
    done = runner.run(
        "\n%%sql\nSELECT 1 AS n;\nSELECT no_such_column\n  FROM range(3);\nCREATE TEMPORARY VIEW never AS SELECT 1"
    )
    assert done.stdout == "+---+\n|  n|\n+---+\n|  1|\n+---+\n\n"
    assert (done.outcome, done.error_type) == ("failed", "AnalysisException")
    assert "no_such_column" in (done.error_message or "")
    assert lines(done.stderr)[-1] == "In statement 2 of 3, at line 4: SELECT no_such_column FROM range(3)"
    assert runner.run("print(spark.catalog.tableExists('never'))").stdout == "False\n"
    single = runner.run("%%sql\nSELECT no_such_column FROM range(3)")
    assert "In statement" not in single.stderr


def test_sql_that_fails_is_told_with_the_same_lines_when_its_block_is_run_again(own_runner: RunnerProcess) -> None:
    line = own_runner.run("x = 1\n%sql SELECT no_such_column")
    assert lines(line.stderr)[0] == 'File "<stdin>", line 2, in <module>'
    assert own_runner.run("\n%rerun 1").stderr == line.stderr
    cell = own_runner.run("%%sql\nSELECT 1 AS n;\nSELECT no_such_column")
    assert lines(cell.stderr)[-1] == "In statement 2 of 2, at line 3: SELECT no_such_column"
    assert own_runner.run("\n\n%rerun 3").stderr == cell.stderr


def test_scripts_of_sql(runner: RunnerProcess) -> None:
    done = runner.run(SCRIPT)
    if runner.run("print(spark.version[0])").stdout == "4\n":
        assert (done.outcome, done.error_type) == ("completed", None), done.stderr
        assert "|  n|\n+---+\n|  8|\n" in done.stdout
        assert "|  m|\n+---+\n|  1|\n" in done.stdout
    else:
        assert (done.error_type, done.stdout) == ("ParseException", "")
        assert "In statement 1 of 2, at line 2: BEGIN DECLARE n INT" in done.stderr


def test_ipython_is_loaded_with_its_first_magic(own_runner: RunnerProcess) -> None:
    """A session that uses none of IPython's magics does not load what they need."""
    own_runner.run("import sys\n!true\nlines = !true\ndisplay(1)\n%status")
    loaded = "print(sorted(n for n in sys.modules if n.startswith('IPython.core.magics.') or n == 'glaux_driver.runner.scripts'))"
    own_runner.run("%%sql\nselect 1")
    assert own_runner.run(loaded).stdout == "[]\n"
    own_runner.run("%pwd")
    assert "IPython.core.magics.osm" in own_runner.run(loaded).stdout


def test_python_of_scripts_is_the_sessions(runner: RunnerProcess) -> None:
    assert runner.run("%%python\nimport sys\nprint(sys.executable)").stdout == sys.executable + "\n"
