"""Creates the session's shell, and sets up how it shows data frames and figures."""

from __future__ import annotations

import os
import shlex
import tempfile
from types import ModuleType
from typing import Any, Optional

from IPython.core.alias import default_aliases
from traitlets.config import Config

from glaux_driver.packages import session_python
from glaux_driver.runner import figures, tables
from glaux_driver.runner.display import ResultPublisher
from glaux_driver.runner.memory_store import MemoryStore
from glaux_driver.runner.shell import Shell
from glaux_driver.runner.threads import Threads

# If user code breaks one of these attributes, no calculation can begin, show something or call a magic.
_PARTS = (
    "blocks", "builtin_trap", "compile", "display_formatter", "display_pub", "events", "hooks", "logger",
    "prefilter_manager", "user_module", "user_ns",
)  # fmt: skip


def create_shell(main: ModuleType, threads: Threads, folder: Optional[str] = None) -> Shell:
    """The folder for IPython's files is made inside `folder`, or else inside a new temporary folder."""
    from pyspark.sql import DataFrame

    Shell.folder = os.path.join(folder or tempfile.mkdtemp(), f"ipython-{os.getpid()}")
    shell: Shell = Shell.instance(user_module=main, display_pub_class=ResultPublisher, config=_config())
    shell.threads = shell.display_pub.threads = threads
    shell.db = MemoryStore()
    shell.keep(*_PARTS)
    # This hook is the first of those that show long texts (`%pinfo`,
    # `name?`, `%pycat`), as there is no pager.
    shell.set_hook("show_in_pager", _print_page, 0)
    for name in ("_", "__", "___"):
        main.__dict__.pop(name, None)  # the last results of a prompt, which a session does not have
    formatter: Any = shell.display_formatter
    formatter.mimebundle_formatter.for_type(DataFrame, lambda frame, **_: tables.to_bundle(frame))
    formatter.formatters["image/png"].for_type_by_name("matplotlib.figure", "Figure", figures.to_png)
    return shell


def _config() -> Config:
    config = Config()
    config.InteractiveShell.colors = "NoColor"
    config.InteractiveShell.xmode = "Plain"
    config.HistoryManager.enabled = False
    # `--color` would write a terminal's colour codes into files.
    config.AliasManager.default_aliases = [
        (name, command.replace(" --color", "")) for name, command in default_aliases()
    ]
    config.ScriptMagics.script_paths = {name: shlex.quote(session_python()) for name in ("python", "python3")}
    config.MagicsManager.lazy_magics = {"store": "IPython.extensions.storemagic"}
    return config


def _print_page(_shell: Any, data: Any, start: int = 0, screen_lines: int = 0, pager_cmd: Any = None) -> None:
    text = data["text/plain"] if isinstance(data, dict) else data
    lines = "\n".join(text.split("\n")[start:])
    print(lines, end="" if lines.endswith("\n") else "\n")
