"""Exceptions as Athena writes them to stderr:
`File "<stdin>", line 2, in <module>` and the message, without a header and without source lines.

AWS's text is known for a plain exception only. For everything else (chains, groups, library frames) the text
has Python's words in the same shape. Frames of Spark's Python side and of the runner say nothing to the user
and are left out. Files of other libraries are shown without the path in which they are installed.
"""

from __future__ import annotations

import builtins
import os
import sys
import traceback
from typing import FrozenSet, List, Optional, Tuple

from glaux_driver.runner import FILENAME, files_of_user

Frame = Tuple[str, int, str]

_CAUSE = "\nThe above exception was the direct cause of the following exception:\n"
_CONTEXT = "\nDuring handling of the above exception, another exception occurred:\n"
_HIDDEN_PACKAGES = {"pyspark", "py4j", "IPython", "decorator", "glaux_driver"}
_OWN_FOLDER = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
_STANDARD_LIBRARY = os.path.dirname(os.path.abspath(os.__file__)) + os.sep
_MODULE = "<module>"
_MAGIC: Frame = (_OWN_FOLDER, 0, "")
_GROUP: Optional[type] = getattr(builtins, "BaseExceptionGroup", None)  # Python 3.11

# The first is Python's own cutoff (traceback._RECURSIVE_CUTOFF).
# The second bounds recursions in which several functions alternate.
_REPEATS_SHOWN = 3
_LINES_SHOWN = 100

# The first bounds a summary, which is stored, and sent with every answer about the calculation.
# The second bounds the whole text.
_SUMMARY_LENGTH = 2_000
_TEXT_LENGTH = 1_000_000


def format_error(error: BaseException) -> str:
    """The whole text, without a newline at its end.
    A very long text is reduced to its beginning and its end."""
    text = "\n".join(_chain(error, frozenset()))
    more = len(text) - _TEXT_LENGTH
    if more <= 0:
        return text
    half = _TEXT_LENGTH // 2
    return f"{text[:half]}\n[{more} characters left out]\n{text[-half:]}"


def summarize(error: BaseException) -> Tuple[str, str]:
    """The type's name and the first line of the message, both bounded."""
    message = _str(error.msg if isinstance(error, SyntaxError) else error)
    return _cut(type_name(error)), _cut(message.strip().partition("\n")[0].rstrip())


def add_note(error: BaseException, note: str) -> None:
    """Adds a note as `add_note` of Python 3.11 does."""
    notes = [*getattr(error, "__notes__", ()), note]
    error.__notes__ = notes  # type: ignore[attr-defined, unused-ignore]


def type_name(error: BaseException) -> str:
    """The name of the error's class, even if its metaclass redefines `__name__`."""
    return str(type.__dict__["__name__"].__get__(type(error)))


def _str(value: object) -> str:
    try:
        return str(value)
    except BaseException:  # an error's own code may raise anything
        return "<exception str() failed>"


def _cut(text: str) -> str:
    return text if len(text) <= _SUMMARY_LENGTH else text[: _SUMMARY_LENGTH - 1] + "…"


def _chain(error: BaseException, seen: FrozenSet[int]) -> List[str]:
    seen |= {id(error)}
    lines: List[str] = []
    cause, context = error.__cause__, error.__context__
    if cause is not None and id(cause) not in seen:
        lines = [*_chain(cause, seen), _CAUSE]
    elif context is not None and not error.__suppress_context__ and id(context) not in seen:
        lines = [*_chain(context, seen), _CONTEXT]
    return [*lines, *_stack(error), *_message(error), *_members(error, seen)]


def _stack(error: BaseException) -> List[str]:
    frames: List[Frame] = []
    tb = error.__traceback__
    while tb is not None:
        code = tb.tb_frame.f_code
        frames.append((code.co_filename, tb.tb_lineno, code.co_name))
        tb = tb.tb_next
    # The frames before the user's code are the runner's own, or those of the runner's event loop.
    first = next((index for index, frame in enumerate(frames) if frame[0] == FILENAME), 0)
    shown = _without_magics(frames[first:], isinstance(error, SyntaxError) and error.filename in files_of_user)
    return _collapse([line for line in map(_frame_line, shown) if line is not None])


def _without_magics(frames: List[Frame], ends_in_code: bool) -> List[Frame]:
    """Leaves out the magics:
    code that a magic runs is shown as if it stood in the block without the magic around it.

    If the code and the magic are on the same line, as with `%time f()`, the frame of the magic's line stays,
    as it has the name of the function around. With `ends_in_code` the error is the compiler's, which has no
    frame for the code itself.
    """
    shown: List[Frame] = []
    for frame in [*frames, *([(FILENAME, 0, _MODULE)] if ends_in_code else [])]:
        if frame[0] in files_of_user and frame[2] == _MODULE:
            outer = next((index for index in reversed(range(len(shown))) if not _is_of_magic(shown[index])), None)
            if outer is not None and shown[outer][0] == frame[0] and _MAGIC in shown[outer + 1 :]:
                is_same_line = shown[outer][1] == frame[1]
                del shown[outer + is_same_line :]
                if is_same_line:
                    continue
        shown.append(_MAGIC if _is_call_of_magic(frame) else frame)
    return shown[:-1] if ends_in_code else shown


def _is_call_of_magic(frame: Frame) -> bool:
    return frame[0].startswith(_OWN_FOLDER) and frame[2] in ("run_line_magic", "run_cell_magic")


def _is_of_magic(frame: Frame) -> bool:
    """Whether the frame lies between a magic and the code it runs: a hidden frame, or one of Python's own
    modules such as timeit, cProfile and asyncio."""
    return _shown_path(frame[0]) is None or frame[0].startswith(_STANDARD_LIBRARY)


def _frame_line(frame: Frame) -> Optional[str]:
    file, line, function = frame
    shown = _shown_path(file)
    return None if shown is None else f'File "{shown}", line {line}, in {function}'


def _shown_path(file: str) -> Optional[str]:
    """The path as it is shown; None for a frame that is not to be shown."""
    if file.startswith((_OWN_FOLDER, "<frozen importlib")):
        return None
    for marker in (f"{os.sep}site-packages{os.sep}", f"{os.sep}dist-packages{os.sep}"):
        if marker in file:
            path = file.rpartition(marker)[2]
            return None if path.split(os.sep)[0] in _HIDDEN_PACKAGES else path
    return file[len(_STANDARD_LIBRARY) :] if file.startswith(_STANDARD_LIBRARY) else file


def _collapse(lines: List[str]) -> List[str]:
    """Shows a line that repeats three times, and counts the rest, as Python does for a RecursionError."""
    shown: List[str] = []
    index = 0
    while index < len(lines):
        end = index
        while end < len(lines) and lines[end] == lines[index]:
            end += 1
        shown += lines[index : min(end, index + _REPEATS_SHOWN)]
        more = end - index - _REPEATS_SHOWN
        if more > 0:
            shown.append(f"[Previous line repeated {more} more time{'s' if more > 1 else ''}]")
        index = end
    if len(shown) > _LINES_SHOWN:
        half = _LINES_SHOWN // 2
        shown = [*shown[:half], f"[{len(shown) - 2 * half} lines left out]", *shown[-half:]]
    return shown


def _message(error: BaseException) -> List[str]:
    try:
        if isinstance(error, SyntaxError) and error.lineno is not None:
            return _syntax_error(error)
        text = "".join(traceback.format_exception_only(type(error), error)) if not _is_group(error) else _header(error)
        if sys.version_info < (3, 11):
            text = "\n".join([text.rstrip("\n"), *_notes(error)])
    except BaseException:  # the error's own code has failed, which must not hide where the error was raised
        text = f"{type_name(error)}: {_str(error)}"
    return [text.rstrip("\n")]


def _syntax_error(error: SyntaxError) -> List[str]:
    lines = [f'File "{_shown_path(error.filename or FILENAME)}", line {error.lineno}']
    if error.text and error.text.strip():
        text = error.text.rstrip("\n").expandtabs(1)
        lines.append("    " + text.lstrip())
        if error.offset and error.offset > 0:
            indent = len(text) - len(text.lstrip())
            column = max(0, error.offset - 1 - indent)
            lines.append("    " + " " * column + "^" * _marked(error, len(text)))
    # The rest is what Python itself writes after the source, notes included.
    last = "".join(traceback.format_exception_only(type(error), error)).rstrip("\n").split("\n")
    name = type_name(error)
    start = next((index for index, line in enumerate(last) if line.startswith(f"{name}: ")), None)
    return [*lines, *(last[start:] if start is not None else [f"{name}: {error.msg}"])]


def _marked(error: SyntaxError, length: int) -> int:
    """How many characters to underline."""
    end_line: Optional[int] = getattr(error, "end_lineno", None)
    end_offset: Optional[int] = getattr(error, "end_offset", None)  # Python 3.9 has neither attribute
    start = error.offset or 1
    if end_line is None or end_offset is None or end_offset <= 0:
        return 1
    if end_line != error.lineno:
        return max(1, length - start + 1)
    return max(1, min(end_offset, length + 1) - start)


def _is_group(error: BaseException) -> bool:
    return _GROUP is not None and isinstance(error, _GROUP)


def _header(error: BaseException) -> str:
    return "\n".join([f"{type_name(error)}: {_str(error)}", *_notes(error)])


def _notes(error: BaseException) -> List[str]:
    return [_str(note) for note in getattr(error, "__notes__", ())]


def _members(error: BaseException, seen: FrozenSet[int]) -> List[str]:
    """The exceptions inside an exception group, framed as Python does."""
    members: Tuple[BaseException, ...] = getattr(error, "exceptions", ()) if _is_group(error) else ()
    lines: List[str] = []
    for number, member in enumerate(members, 1):
        lines.append(f"  +---------------- {number} ----------------")
        for text in _chain(member, seen):
            lines += [f"  | {line}".rstrip() for line in text.split("\n")]
    return [*lines, "  +------------------------------------"] if lines else []
