"""`%%bash`, `%%script` and similar magics.

IPython's own versions of these magics read the program's output in a thread. That thread would belong to the
first calculation with such a magic, and would write the output of later calculations' programs to that
calculation's files. And after a Stop the program would go on.
"""

from __future__ import annotations

import subprocess
import threading
from typing import Any, List

from IPython.core.magics import script
from IPython.utils.process import arg_split

from glaux_driver.runner import commands, packages


class ScriptMagics(script.ScriptMagics):  # type: ignore[misc]
    bg_processes: List[subprocess.Popen[bytes]]

    def shebang(self, line: str, cell: str) -> None:
        arguments, command = script.ScriptMagics.shebang.parser.parse_known_args(arg_split(line, posix=True))
        text = cell if cell.endswith("\n") else cell + "\n"
        try:
            if arguments.bg:
                self._begin(command, text, arguments)
                return
            with packages.watched() as watch:
                done = commands.run(command, text, bool(arguments.out), bool(arguments.err), watch.environment)
                watch.code = done.returncode
        except FileNotFoundError:
            print(f"Couldn't find program: {command[0]!r}")
            return
        if arguments.out:
            self.shell.user_ns[arguments.out] = commands.decoded(done.stdout)
        if arguments.err:
            self.shell.user_ns[arguments.err] = commands.decoded(done.stderr)
        if arguments.raise_error and done.returncode != 0:
            raise subprocess.CalledProcessError(done.returncode, " ".join(command))

    def _begin(self, command: List[str], text: str, arguments: Any) -> None:
        """Starts the command in the background.
        As in IPython, output for which no name was given is dropped."""
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE if arguments.out else subprocess.DEVNULL,
            stderr=subprocess.PIPE if arguments.err else subprocess.DEVNULL,
        )
        self._gc_bg_processes()
        self.bg_processes.append(process)
        for name, value in (
            (arguments.out, process.stdout),
            (arguments.err, process.stderr),
            (arguments.proc, process),
        ):
            if name:
                self.shell.user_ns[name] = value
        threading.Thread(target=_feed, args=(process, text.encode("utf-8", "replace")), daemon=True).start()

    def _gc_bg_processes(self) -> None:
        self.bg_processes = [process for process in self.bg_processes if process.poll() is None]


def _feed(process: subprocess.Popen[bytes], data: bytes) -> None:
    """Writes the program's input. This runs in a thread of its own, as the program may read late or never."""
    assert process.stdin is not None
    try:
        with process.stdin as stdin:
            stdin.write(data)
    except OSError:
        pass  # the program has ended without reading to the end
