"""Every magic that IPython lists does in a session what it does in IPython, or says that it needs a terminal.

IPython runs the same code in a process of its own, with the same files in its folder.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, Dict

import pytest

from glaux_driver.supervisor.launch import Engine
from tests.runner.harness import RunnerProcess

FILES = {"script.py": "import sys\nprint(sys.argv[1:], __name__)\nmade = 5\n", "two.txt": "one\ntwo\n"}

# The expected output of magics whose output depends on the time or the folder.
# Other magics print what IPython prints.
LINES: Dict[str, Any] = {
    "alias": "%alias greet echo hello %s\n%greet you",
    "alias_magic": "%alias_magic now time",
    "autoawait": "%autoawait",
    "autocall": "%autocall 1\n%autocall 0",
    "automagic": "%automagic\n%automagic",
    "bookmark": ("%bookmark here\n%bookmark -l\n%bookmark -d here", "here -> "),
    "cat": "%cat two.txt",
    "cd": "%cd sub\n%cd ..",
    "code_wrap": "%code_wrap --list",
    "colors": "%colors NoColor",
    "config": "%config InteractiveShell.history_length",
    "cp": "%cp two.txt copy.txt\n%cat copy.txt",
    "dhist": ("%cd -q sub\n%cd -q ..\n%dhist", "/sub"),
    "dirs": "%pushd sub\n%dirs\n%popd",
    "doctest_mode": ("%doctest_mode\n%doctest_mode", "Doctest mode is: OFF"),
    "env": "%env GLAUX_MAGIC=on",
    "hist": ("%hist -n", "%hist -n"),
    "history": ("%history -n", "%history -n"),
    "killbgscripts": "%killbgscripts",
    "ldir": ("%ldir", "sub/"),
    "lf": ("%lf", "two.txt"),
    "lk": "%lk",
    "ll": ("%ll", "two.txt"),
    "load_ext": "%load_ext autoreload\n%load_ext autoreload",
    "logoff": "%logoff",
    "logon": "%logon",
    "logstart": ("%logstart log.py\n%logstop", "Filename       : log.py"),
    "logstate": "%logstate",
    "logstop": "%logstop",
    "ls": ("%ls", "two.txt"),
    "lsmagic": ("%lsmagic", "%whos"),
    "lx": "%lx",
    "macro": ("three = '1 + 2'\n%macro added three\nprint(added.value)", "1 + 2"),
    "magic": ("%magic", "IPython's 'magic' functions"),
    "matplotlib": ("%matplotlib inline\nprint('on')", "on"),
    "mkdir": "%mkdir made\n%ls -d made",
    "mv": "%cp two.txt old.txt\n%mv old.txt new.txt\n%cat new.txt",
    "notebook": ("try:\n    %notebook all.ipynb\nexcept ModuleNotFoundError as error:\n    print(error)", "nbformat"),
    "page": "long = 'a page'\n%page long",
    "pastebin": ("%pastebin?", "Upload code"),
    "pdef": "def f(a, b=1): pass\n%pdef f",
    "pdoc": "class Documented:\n    '''About it.'''\n%pdoc Documented",
    "pfile": ("import this_script as t\n%pfile t", "made = 5"),
    "pinfo": ("%pinfo len", "Return the number of items in a container."),
    "pinfo2": ("import this_script as t\n%pinfo2 t", "made = 5"),
    "popd": "%pushd sub\n%popd",
    "pprint": "%pprint\n%pprint",
    "precision": "%precision 3\n%precision",
    "prun": ("%prun sum([1])", "function calls in"),
    "psearch": "owl_one = owl_two = 1\n%psearch owl_*",
    "psource": ("import this_script as t\n%psource t", "made = 5"),
    "pushd": "%pushd sub\n%popd",
    "pwd": ("%pwd", "/work'\n"),
    "pycat": "%pycat script.py",
    "pylab": ("%pylab inline\nprint(callable(plot), np.zeros(1))", "True [0.]"),
    "quickref": ("%quickref", "Quick Reference Card"),
    "rehashx": ("%rehashx\nprint('cat' in get_ipython().magics_manager.magics['line'])", "True"),
    "reload_ext": "%reload_ext autoreload",
    "rerun": ("%rerun 1", "=== Output: ==="),
    "reset": "gone = 1\n%reset -f\nprint('gone' in globals(), callable(get_ipython))",
    "reset_selective": "owl = wren = 1\n%reset_selective -f owl\nprint('owl' in globals(), wren)",
    "rm": "%cp two.txt extra.txt\n%rm extra.txt\nimport os; print(os.path.exists('extra.txt'))",
    "rmdir": "%mkdir more\n%rmdir more\nimport os; print(os.path.exists('more'))",
    "run": "%run script.py a 'b c'\nprint(made)",
    "save": "lines = 'x = 1\\n'\n%save -f saved lines",
    "sc": "%sc -l found=echo a b\nprint(found)",
    "set_env": "%set_env GLAUX_MAGIC=off",
    "sx": "%sx echo a; echo b",
    "system": "out = %system echo a; echo b\nprint(out)",
    "tb": ("%tb", "\n"),
    "time": ("%time print('timed')", "timed\nCPU times: "),
    "timeit": ("%timeit -n 2 -r 2 1 + 1", "2 loops each)"),
    "unalias": "%alias greet echo hello %s\n%unalias greet",
    "unload_ext": "%unload_ext autoreload\n%unload_ext nothing_there",
    "who": "%reset -f\nowl = 1\nwren = 'w'\n%who\n%who str",
    "who_ls": "%reset -f\nowl = 1\nwren = 'w'\n%who_ls int",
    "whos": "%reset -f\nowl = 1\nwren = 'w'\n%whos",
    "xdel": "owl = [1]\n%xdel owl\nprint('owl' in globals())",
    "xmode": "%xmode Minimal\n%xmode Plain",
}
CELLS: Dict[str, Any] = {
    "!": "%%!\necho a\necho b",
    "HTML": "%%HTML\n<b>x</b>",
    "SVG": "%%SVG\n<svg xmlns='http://www.w3.org/2000/svg'/>",
    "bash": "%%bash\necho from-$((40 + 2))",
    "capture": "%%capture kept\nprint('hidden')",
    "code_wrap": "%%code_wrap --remove nothing\n__code__",
    "file": "%%file written.txt\ntext",
    "html": "%%html\n<b>x</b>",
    "javascript": "%%javascript\n1",
    "js": "%%js\n1",
    "latex": "%%latex\n$x$",
    "markdown": "%%markdown\n*x*",
    "perl": "%%perl --no-raise-error\nprint 6 * 7",
    "prun": ("%%prun\nx = 1\nsum([x])", "function calls in"),
    "pypy": "%%pypy --no-raise-error\nprint(1)",
    "python": ("%%python\nprint(6 * 7)", "42\n"),
    "python2": "%%python2 --no-raise-error\nprint(6 * 7)",
    "python3": ("%%python3\nimport sys\nprint(sys.executable)", sys.executable + "\n"),
    "ruby": "%%ruby --no-raise-error\nputs 6 * 7",
    "script": "%%script sh\necho script",
    "sh": "%%sh\necho sh",
    "svg": "%%svg\n<svg xmlns='http://www.w3.org/2000/svg'/>",
    "sx": "%%sx\necho a",
    "system": "%%system\necho a",
    "time": ("%%time\nx = 1\nprint('timed')", "timed\nCPU times: "),
    "timeit": ("%%timeit -n 2 -r 2\nx = 1", "2 loops each)"),
    "writefile": "%%writefile written2.txt\ntext",
}
# What these magics need, and a session does not have.
AT_TERMINALS = {"debug", "ed", "edit", "gui", "load", "loadpy", "pdb", "recall", "rep"}
INSTALLERS = {"conda", "mamba", "micromamba", "uv"}

ALL = [
    (prefix + name, *(entry if isinstance(entry, tuple) else (entry, None)))
    for prefix, entries in (("%", LINES), ("%%", CELLS))
    for name, entry in entries.items()
]


@pytest.fixture(scope="module")
def plain(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("plain")
    answers = subprocess.run(
        [engine.python, str(Path(__file__).with_name("plain_ipython.py"))],
        input=json.dumps([code for _, code, _ in ALL]),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        cwd=prepare(folder / "work"),
        # Without a terminal's name IPython ends pages with one more empty line.
        env={**os.environ, "TERM": "xterm", "PAGER": "cat", "IPYTHONDIR": str(folder / "ipython"), "MPLBACKEND": "agg"},
    )
    return json.loads(answers.stdout)


def prepare(folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "sub").mkdir(exist_ok=True)
    for name, text in {**FILES, "this_script.py": "made = 5\n"}.items():
        (folder / name).write_text(text)
    return folder


def test_nothing_that_ipython_lists_is_forgotten(plain: Any) -> None:
    assert set(plain["names"]["line"]) <= {*LINES, *AT_TERMINALS, *INSTALLERS, "pip"}
    assert set(plain["names"]["cell"]) <= {*CELLS, *AT_TERMINALS}


@pytest.mark.parametrize(("number", "name"), [(number, name) for number, (name, _, _) in enumerate(ALL)])
def test_does_what_ipython_does(runner: RunnerProcess, plain: Any, number: int, name: str) -> None:
    _, code, expected = ALL[number]
    work = prepare(runner.folder / "work")
    runner.run(f"import os\nos.chdir({str(work)!r})")
    done = runner.run(code)
    assert done.outcome == "completed", done.stderr
    if expected is None:
        assert normal(done.stdout) == normal(plain["answers"][number])
    else:
        assert expected in done.stdout


def normal(text: str) -> str:
    """Without the colours and prompts of a terminal, and without what lies above the folder `work`."""
    text = re.sub(r"\x1b\[[0-9;]*[mK]|^Out\[\d+\]: ", "", text, flags=re.MULTILINE).replace("\r\n", "\n")
    return re.sub(r"[^\s'\"]*/work\b", "WORK", text)


@pytest.mark.parametrize("name", sorted(AT_TERMINALS))
def test_says_that_it_needs_a_terminal(runner: RunnerProcess, name: str) -> None:
    done = runner.run(f"%{name}")
    assert (done.outcome, done.error_type) == ("failed", "UsageError")
    assert (done.error_message or "").startswith(f"%{name} needs a terminal, and a session has none: ")
    assert len(done.stderr.strip().split("\n")) == 2


@pytest.mark.parametrize("name", sorted(INSTALLERS))
def test_packages_are_another_matter(runner: RunnerProcess, name: str) -> None:
    assert (runner.run(f"%{name} install x").error_message or "").startswith(f"%{name} is not available: ")
