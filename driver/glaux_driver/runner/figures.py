"""Matplotlib's figures. Nothing here imports matplotlib before the user does."""

from __future__ import annotations

import os
import sys
from typing import Any, Callable

# This backend comes with IPython.
# It draws with Agg, and its plt.show() displays every open figure and closes it.
_BACKEND = "module://matplotlib_inline.backend_inline"


def choose_backend() -> None:
    os.environ.setdefault("MPLBACKEND", _BACKEND)


def show_open_figures(display: Callable[[Any], Any]) -> None:
    """Shows, at the end of a calculation,
    the figures that were drawn but not shown, whatever backend drew them."""
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is None:
        return
    try:
        for number in pyplot.get_fignums():
            display(pyplot.figure(number))
    finally:
        pyplot.close("all")


def to_png(figure: Any) -> Any:
    from IPython.core.pylabtools import print_figure

    return print_figure(figure, "png", base64=True)
