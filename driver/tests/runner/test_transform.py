from __future__ import annotations

import pytest

from glaux_driver.runner.transform import transform


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("%status", "get_ipython().run_line_magic('status', '')\n"),
        ("x = 1\n%env A=1\ny = 2\n", "x = 1\nget_ipython().run_line_magic('env', 'A=1')\ny = 2\n"),
        ("if True:\n    %status\n", "if True:\n    get_ipython().run_line_magic('status', '')\n"),
        ("!ls -l", "get_ipython().system('ls -l')\n"),
        ("files = !ls", "files = get_ipython().getoutput('ls')\n"),
        ("x = %env HOME", "x = get_ipython().run_line_magic('env', 'HOME')\n"),
        ("\n\n%%sql\nselect 1\n", "\n\nget_ipython().run_cell_magic('sql', '', 'select 1\\n')\n"),
        ("%%sql\nselect '%x',\n  2", "get_ipython().run_cell_magic('sql', '', \"select '%x',\\n  2\\n\")\n"),
        ("x = 1\r\n%status\r\n", "x = 1\nget_ipython().run_line_magic('status', '')\n"),
        ("x = '\u2028'\n%status", "x = '\u2028'\nget_ipython().run_line_magic('status', '')\n"),
        ("%%sql\nselect '\x0c\x85'", "get_ipython().run_cell_magic('sql', '', \"select '\\x0c\\x85'\\n\")\n"),
        ("len?", "get_ipython().run_line_magic('pinfo', 'len')\n"),
    ],
)
def test_magics_become_calls(source: str, expected: str) -> None:
    assert transform(source) == expected


@pytest.mark.parametrize("source", ["x = 1", "/ 2", ", f a b", "  x = 1", "'''\n%status\n'''", "x = (1\n%2)\n", ""])
def test_what_is_no_magic_stays(source: str) -> None:
    assert transform(source).rstrip("\n") == source.rstrip("\n")


@pytest.mark.parametrize(
    "source",
    [
        "!echo a \\\n  b\nhere",
        "s = '\x0c\u2028'\n!echo a \\\n  b\nhere",
        "%env A \\\n  b\nhere",
        "\n\nx = !echo \\\n\n\nhere",
        "!echo a \\\n  b\n%status\n!echo c \\\n d \\\n e\nhere",
        "def f():\n    !echo a \\\n      b\n    return 1\nhere",
    ],
)
def test_lines_keep_their_numbers(source: str) -> None:
    lines = transform(source).split("\n")
    assert lines.index("here") == source.split("\n").index("here")
    compile("\n".join(lines), "<stdin>", "exec")
