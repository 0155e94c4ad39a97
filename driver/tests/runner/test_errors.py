"""What code that fails leaves on stderr, without Spark. Errors of Spark are in test_calculations.py."""

from __future__ import annotations

import re
import sys
from typing import Any, Dict

import pytest

from glaux_driver.runner.errors import format_error, summarize
from glaux_driver.runner.interpreter import Interpreter

SINCE_3_10 = pytest.mark.skipif(sys.version_info < (3, 10), reason="Python 3.9 points elsewhere")


def fail(code: str) -> BaseException:
    interpreter = Interpreter({"__name__": "__main__"})
    try:
        interpreter.execute(code)
    except BaseException as error:
        trace = error.__traceback__
        return error.with_traceback(trace.tb_next if trace else None)  # without this function's frame
    finally:
        interpreter.close()
    raise AssertionError("the code did not fail")


def text(code: str) -> str:
    return format_error(fail(code))


CASES = {
    # Athena's own text, byte for byte
    "name": ("\nfoobar\n", 'File "<stdin>", line 2, in <module>\nNameError: name \'foobar\' is not defined'),
    "functions": (
        "def f():\n    g()\ndef g():\n    raise ValueError('deep')\n\nf()",
        'File "<stdin>", line 6, in <module>\nFile "<stdin>", line 2, in f\nFile "<stdin>", line 4, in g\nValueError: deep',
    ),
    "lambda": ("(lambda: 1 / 0)()", 'File "<stdin>", line 1, in <module>\nFile "<stdin>", line 1, in <lambda>\n'
               "ZeroDivisionError: division by zero"),
    "no message": ("raise ValueError", 'File "<stdin>", line 1, in <module>\nValueError'),
    "lines of a message": ("raise ValueError('one\\ntwo')", 'File "<stdin>", line 1, in <module>\nValueError: one\ntwo'),
    "own class": ("class Odd(Exception): pass\nraise Odd(1)", 'File "<stdin>", line 2, in <module>\nOdd: 1'),
    "assert": ("assert 1 == 2, 'no'", 'File "<stdin>", line 1, in <module>\nAssertionError: no'),
    "key": ("{}['a']", "File \"<stdin>\", line 1, in <module>\nKeyError: 'a'"),
    "import": ("import nothing_of_that_name", 'File "<stdin>", line 1, in <module>\n'
               "ModuleNotFoundError: No module named 'nothing_of_that_name'"),
    "cause": (
        "try:\n    1 / 0\nexcept Exception as e:\n    raise KeyError('k') from e",
        'File "<stdin>", line 2, in <module>\nZeroDivisionError: division by zero\n\n'
        "The above exception was the direct cause of the following exception:\n\n"
        "File \"<stdin>\", line 4, in <module>\nKeyError: 'k'",
    ),
    "context": (
        "try:\n    1 / 0\nexcept Exception:\n    raise KeyError('k')",
        'File "<stdin>", line 2, in <module>\nZeroDivisionError: division by zero\n\n'
        "During handling of the above exception, another exception occurred:\n\n"
        "File \"<stdin>\", line 4, in <module>\nKeyError: 'k'",
    ),
    "context suppressed": (
        "try:\n    1 / 0\nexcept Exception:\n    raise KeyError('k') from None",
        "File \"<stdin>\", line 4, in <module>\nKeyError: 'k'",
    ),
    "exec": ("exec('\\n1 / 0')", 'File "<stdin>", line 1, in <module>\nFile "<string>", line 2, in <module>\n'
             "ZeroDivisionError: division by zero"),
    "unprintable": (
        "class E(Exception):\n    def __str__(self): raise ValueError\nraise E",
        'File "<stdin>", line 3, in <module>\nE: <exception str() failed>',
    ),
    "exit": ("import sys\nsys.exit(3)", 'File "<stdin>", line 2, in <module>\nSystemExit: 3'),
    "exit with text": ("raise SystemExit('enough')", 'File "<stdin>", line 1, in <module>\nSystemExit: enough'),
    "interrupt": ("raise KeyboardInterrupt", 'File "<stdin>", line 1, in <module>\nKeyboardInterrupt'),
    "await": (
        "import asyncio\nasync def f():\n    await asyncio.sleep(0)\n    1 / 0\nawait f()",
        'File "<stdin>", line 5, in <module>\nFile "<stdin>", line 4, in f\n'
        "ZeroDivisionError: division by zero",
    ),
    "recursion by hand": (
        "def f(n):\n    if n == 0: raise ValueError('end')\n    f(n - 1)\nf(9)",
        'File "<stdin>", line 4, in <module>\n' + 'File "<stdin>", line 3, in f\n' * 3
        + '[Previous line repeated 6 more times]\nFile "<stdin>", line 2, in f\nValueError: end',
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(CASES))
def test_text(name: str) -> None:
    code, expected = CASES[name]
    assert text(code) == expected


@pytest.mark.parametrize(
    ("code", "line", "source", "marker_at", "message"),
    [
        ("\n\nx = = 1", 3, "x = = 1", 4, "SyntaxError: invalid syntax"),
        ("def f():\n    return )\n", 2, "return )", 7, "SyntaxError: unmatched ')'"),
        ("if True:\npass", 2, "pass", 0, "IndentationError: expected an indented block"),
        ("  x = 1", 1, "x = 1", None, "IndentationError: unexpected indent"),
        ("\nreturn 1", 2, "return 1", 0, "SyntaxError: 'return' outside function"),
        ("\nx = 1\n%%sql\nselect 1", 3, "%%sql", 0, "SyntaxError: cell magic %%sql must be the first line"),
        # Python 3.9's messages for these errors are less exact.
        ("print('a)", 1, "print('a)", 6, "SyntaxError: "),
        ("x = [1,\ny", 1, "x = [1,", None, "SyntaxError: "),
    ],
)
def test_syntax_error(code: str, line: int, source: str, marker_at: int | None, message: str) -> None:
    lines = text(code).split("\n")
    assert lines[0] == f'File "<stdin>", line {line}'
    assert lines[1] == "    " + source
    if marker_at is not None:
        assert lines[2].index("^") == 4 + marker_at
        assert set(lines[2].strip()) == {"^"}
    assert lines[-1].startswith(message)
    assert len(lines) <= 4


def test_syntax_error_in_a_string_of_the_user() -> None:
    lines = text("import ast\nast.parse('1 +')").split("\n")
    assert lines[0] == 'File "<stdin>", line 2, in <module>'
    assert lines[1].startswith('File "ast.py", line ')
    assert lines[2] == 'File "<unknown>", line 1'
    assert lines[-1] == "SyntaxError: invalid syntax"


def test_libraries_are_shown_without_their_folder() -> None:
    lines = text("import json\njson.loads('{')").split("\n")
    assert lines[0] == 'File "<stdin>", line 2, in <module>'
    assert lines[1].startswith('File "json/__init__.py", line ')
    assert lines[-1] == (
        "json.decoder.JSONDecodeError: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"
    )


def test_runaway_recursion_is_short() -> None:
    shown = text("def f(): f()\nf()")
    assert re.search(r"in f\n\[Previous line repeated \d{3,4} more times\]\nRecursionError", shown)
    assert shown.count("\n") < 8
    assert shown.endswith("RecursionError: maximum recursion depth exceeded")


def test_recursion_of_several_functions_is_bounded() -> None:
    shown = text("def f(): g()\ndef g(): f()\nf()")
    assert shown.count("\n") < 110
    assert "lines left out]" in shown


def test_a_chain_that_bites_its_tail_ends() -> None:
    shown = text("a, b = ValueError('a'), ValueError('b')\na.__cause__, b.__cause__ = b, a\nraise a")
    assert shown.count("ValueError: ") == 2


@pytest.mark.skipif(sys.version_info < (3, 11), reason="notes and groups are Python 3.11's")
def test_notes() -> None:
    shown = text("e = ValueError('x')\ne.add_note('try y')\nraise e")
    assert shown == 'File "<stdin>", line 3, in <module>\nValueError: x\ntry y'


@pytest.mark.skipif(sys.version_info < (3, 11), reason="notes and groups are Python 3.11's")
def test_members_of_a_group() -> None:
    shown = text("def f():\n    raise KeyError('k')\ntry:\n    f()\nexcept KeyError as e:\n    found = e\n"
                 "raise ExceptionGroup('both', [found, ValueError('v')])")  # fmt: skip
    assert shown.split("\n") == [
        'File "<stdin>", line 7, in <module>',
        "ExceptionGroup: both (2 sub-exceptions)",
        "  +---------------- 1 ----------------",
        '  | File "<stdin>", line 4, in <module>',
        '  | File "<stdin>", line 2, in f',
        "  | KeyError: 'k'",
        "  +---------------- 2 ----------------",
        "  | ValueError: v",
        "  +------------------------------------",
    ]


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("\nfoobar", ("NameError", "name 'foobar' is not defined")),
        ("raise ValueError('\\n first \\nsecond')", ("ValueError", "first")),
        ("raise ValueError", ("ValueError", "")),
        ("x = = 1", ("SyntaxError", "invalid syntax")),
        ("import sys; sys.exit(3)", ("SystemExit", "3")),
    ],
)
def test_summary(code: str, expected: tuple[str, str]) -> None:
    assert summarize(fail(code)) == expected


def test_a_summary_is_bounded() -> None:
    name, message = summarize(fail("raise type('L' * 5000, (Exception,), {})('x' * 10**7)"))
    assert (len(name), len(message)) == (2000, 2000)
    assert (name[-2:], message[-2:]) == ("L…", "x…")


def test_a_very_long_text_keeps_its_beginning_and_its_end() -> None:
    shown = text("raise ValueError('x' * 10**7 + 'end')")
    assert len(shown) < 1_000_100
    assert shown.startswith('File "<stdin>", line 1, in <module>\nValueError: xxx')
    assert re.search(r"x\n\[90000\d\d characters left out\]\nx+end$", shown)


ODD = {
    "str interrupts": ("class E(Exception):\n  def __str__(self): raise KeyboardInterrupt", "E", "E: "),
    "str exits": ("class E(Exception):\n  def __str__(self): raise SystemExit(0)", "E", "E: "),
    "name of the class raises": (
        "class M(type):\n  __name__ = __module__ = property(lambda self: 1 / 0)\nclass E(Exception, metaclass=M): pass",
        "E", "E: x"),
    "a syntax error without lines": ("class E(SyntaxError):\n  lineno = 'two'\n  text = 3", "E", "E: x"),
}  # fmt: skip


@pytest.mark.parametrize("name", ODD)
def test_an_error_that_cannot_be_shown_still_says_where(name: str) -> None:
    code, error_type, last = ODD[name]
    error = fail(code + "\nraise E('x')")
    first, second = format_error(error).split("\n")
    assert first == f'File "<stdin>", line {len(code.splitlines()) + 1}, in <module>'
    assert second.startswith(last)
    assert summarize(error)[0] == error_type


@pytest.mark.skipif(sys.version_info < (3, 11), reason="notes and groups are Python 3.11's")
def test_a_group_that_cannot_be_shown_shows_its_members() -> None:
    shown = text("class Odd:\n  def __str__(self): raise KeyboardInterrupt\nclass G(ExceptionGroup): __str__ = Odd.__str__\n"
                 "g = G('g', [ValueError('v')])\ng.__notes__ = ['a note', Odd()]\nraise g")  # fmt: skip
    assert shown.split("\n")[1:5] == [
        "G: <exception str() failed>",
        "a note",
        "<exception str() failed>",
        "  +---------------- 1 ----------------",
    ]
    assert "  | ValueError: v" in shown


@pytest.mark.parametrize("mark", ["\f", "\v", "\x1c", "\x85", "\u2028", "\u2029"])
def test_only_ends_of_lines_count_as_lines(mark: str) -> None:
    before = f"s = '{mark}'  # {mark}\r\n\n"
    assert text(before + "return 1").split("\n")[:2] == ['File "<stdin>", line 3', "    return 1"]
    assert text(before + "%%sql\nx").split("\n")[:2] == ['File "<stdin>", line 3', "    %%sql"]


def test_valid_code_that_looks_like_magic_stays_python() -> None:
    namespace: Dict[str, Any] = {}
    Interpreter(namespace).execute("a = 7\nb = (a\n%4)\nc = '''\n%sql\n!ls\n'''")
    assert (namespace["b"], namespace["c"]) == (3, "\n%sql\n!ls\n")


def test_source_lines_are_not_registered() -> None:
    import linecache

    fail("\nfoobar\n")
    assert linecache.getlines("<stdin>") == []


def test_code_that_one_of_its_tasks_has_ended_does_not_go_on_in_the_next_calculation() -> None:
    namespace: Dict[str, Any] = {}
    interpreter = Interpreter(namespace)
    with pytest.raises(SystemExit):
        interpreter.execute("import asyncio, sys\nseen = []\nasync def leave():\n    sys.exit()\n"
                         "task = asyncio.create_task(leave())\nawait asyncio.sleep(0.01)\nseen.append(1)")  # fmt: skip
    interpreter.execute("await asyncio.sleep(0.1)")
    assert namespace["seen"] == []
    interpreter.close()


def test_tasks_live_on_from_one_calculation_to_the_next() -> None:
    namespace: Dict[str, Any] = {}
    interpreter = Interpreter(namespace)
    interpreter.execute("import asyncio\nseen = []\nasync def later():\n    await asyncio.sleep(0)\n    seen.append(1)\n"
                     "task = asyncio.create_task(later())\nawait asyncio.sleep(0)")  # fmt: skip
    interpreter.execute("await task")
    assert namespace["seen"] == [1]
    interpreter.close()
