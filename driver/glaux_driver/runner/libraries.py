"""Tells code of libraries from code of the user,
which is neither Python's own nor that of an installed package."""

from __future__ import annotations

import functools
import os
import sysconfig
import threading
from types import CodeType, FrameType
from typing import Any, Optional

import pyspark

import glaux_driver
from glaux_driver.packages import Packages

_packages = [os.path.dirname(os.path.dirname(module.__file__ or "")) for module in (pyspark, glaux_driver)]
_FOLDERS = tuple(
    os.path.join(folder, "")
    for folder in (
        os.path.dirname(threading.__file__),
        *map(sysconfig.get_path, ("purelib", "platlib")),
        *_packages,
        str(Packages.of_environment().site),
    )
)


def has_code_of_user(frame: Optional[FrameType]) -> bool:
    """Whether code of the user is somewhere on the stack that ends with this frame."""
    while frame is not None:
        if not _is_of_library(frame.f_code):
            return True
        frame = frame.f_back
    return False


def is_librarys_own(thread: threading.Thread, frame: Optional[FrameType]) -> bool:
    """Whether a library starts the thread, for a function of a library.
    `frame` is the frame that starts the thread."""
    # A subclass of Thread may have a `start` of its own, whose frames are skipped.
    while frame is not None and _self_of(frame) is thread:
        frame = frame.f_back
    if frame is None or not _is_of_library(frame.f_code):
        return False
    is_plain = type(thread).run is threading.Thread.run
    code = _code_of(getattr(thread, "_target", None) if is_plain else type(thread).run)
    return code is not None and _is_of_library(code)


def _self_of(frame: FrameType) -> Any:
    names = frame.f_code.co_varnames[: min(1, frame.f_code.co_argcount)]
    return frame.f_locals.get(names[0]) if names else None


def _code_of(function: Any) -> Optional[CodeType]:
    """The code of the function; None for a function that is not written in Python."""
    while isinstance(function, functools.partial):
        function = function.func
    function = getattr(function, "__func__", function)
    code = getattr(function, "__code__", None) or getattr(type(function).__call__, "__code__", None)
    return code if isinstance(code, CodeType) else None


def _is_of_library(code: CodeType) -> bool:
    return code.co_filename.startswith((*_FOLDERS, "<frozen "))
