"""What IPython itself does with pieces of code: run by the engine's Python, in a process of its own.

It reads a list of pieces from standard input. It writes the names of %lsmagic, and what each piece has
printed and displayed.
"""

from __future__ import annotations

import json
import sys

from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output


def main() -> None:
    shell = InteractiveShell.instance(colors="NoColor")
    shell.run_cell("spark = sc = None")
    listed = shell.magics_manager.lsmagic()
    names = {kind: sorted(listed[kind]) for kind in ("line", "cell")}
    answers = []
    for code in json.load(sys.stdin):
        with capture_output() as captured:
            shell.run_cell(code, store_history=True)
        shown = [output.data.get("text/plain", "") for output in captured.outputs]
        answers.append("".join([captured.stdout, *(f"{text}\n" for text in shown)]))
    print(json.dumps({"names": names, "answers": answers}))


if __name__ == "__main__":
    main()
