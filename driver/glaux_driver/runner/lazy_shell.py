"""IPython's shell, reduced to what a session needs. Its parts are made when they are first asked for.

Making all parts at once would cost a runner 150 ms more at its start, and 3 MB.
"""

from __future__ import annotations

import os
from typing import Any, Callable, Mapping, Optional

import IPython
from IPython.core.error import StdinNotImplementedError, UsageError
from IPython.core.interactiveshell import InteractiveShell
from IPython.core.profiledir import ProfileDir
from traitlets import default

from glaux_driver.runner.blocks import Blocks
from glaux_driver.runner.no_terminal import TERMINAL_MAGICS, sentence
from glaux_driver.runner.placed import PlacingCompiler


class LazyShell(InteractiveShell):  # type: ignore[misc]
    predefined: Callable[[], Mapping[str, Any]]
    """The names that `%reset` keeps and `%who` does not list."""
    folder: str
    """The folder for IPython's files, which is removed with the session."""
    has_loaded_magics = False

    def _skip(self, *_: Any, **__: Any) -> None:
        """Does nothing.
        It replaces steps of the constructor that set up what a session must not have, or not yet."""

    init_ipython_dir = _skip
    init_history = init_logstart = _skip
    init_virtualenv = _skip  # would set another search path than the engine's
    init_magics = init_alias = init_extension_manager = _skip  # made later, see `magics_manager`
    init_completer = _skip

    def init_instance_attrs(self) -> None:
        super().init_instance_attrs()
        self.blocks = Blocks()
        self.compile = PlacingCompiler()

    def init_user_ns(self) -> None:
        """Leaves out In, Out, exit, quit and more, which IPython puts among the user's names.
        `%reset` calls this, too."""
        if self.has_loaded_magics:
            self.user_ns.update(self.predefined())
            self.add_hidden_names()

    def add_hidden_names(self) -> None:
        """Adds what IPython's magics look for among the user's names."""
        history = self.history_manager
        own = {"_dh": history.dir_hist, "_ih": history.input_hist_raw, "_oh": history.output_hist}
        self.user_ns.update(own)
        self.user_ns_hidden.update(own, **self.predefined())

    def init_profile_dir(self, profile_dir: Any = None) -> None:
        """Makes the folder only for IPython 8, which wants it at once.
        (IPython 8 is the last version for Python 3.9.)"""
        os.environ["IPYTHONDIR"] = self.folder  # child processes use the same folder
        if IPython.version_info < (9,):
            assert self.profile_dir is not None

    def prepare_user_module(self, user_module: Any = None, user_ns: Any = None) -> Any:
        """User code runs in `__main__`, which stays as it is."""
        return user_module, user_module.__dict__

    def enable_matplotlib(self, gui: Optional[str] = None) -> Any:
        """For `%pylab`. Figures can only be drawn into the results."""
        if gui not in (None, "inline", "agg"):
            raise UsageError(sentence(f"Matplotlib's {gui!r}", TERMINAL_MAGICS["gui"]))
        return super().enable_matplotlib(gui)

    def enable_gui(self, gui: Optional[str] = None) -> None:
        """Does nothing: there is no window whose events could be awaited."""

    def ask_yes_no(self, *_: Any, **__: Any) -> Any:
        """Raises the error that IPython takes as a yes."""
        raise StdinNotImplementedError("A session has no terminal.")

    @default("ipython_dir")  # type: ignore[untyped-decorator, unused-ignore]
    def _make_ipython_dir(self) -> str:
        os.makedirs(self.folder, mode=0o700, exist_ok=True)
        return self.folder

    @default("profile_dir")  # type: ignore[untyped-decorator, unused-ignore]
    def _make_profile_dir(self) -> Any:
        return ProfileDir.create_profile_dir(os.path.join(self.ipython_dir, "profile_default"))

    @default("magics_manager")  # type: ignore[untyped-decorator, unused-ignore]
    def _load_magics(self) -> Any:
        from glaux_driver.runner.ipython_magics import load_magics

        self.has_loaded_magics = True
        InteractiveShell.init_magics(self)
        load_magics(self)
        return self.magics_manager

    @default("alias_manager")  # type: ignore[untyped-decorator, unused-ignore]
    def _load_aliases(self) -> Any:
        from IPython.core.alias import AliasManager

        return AliasManager(shell=self, parent=self)

    @default("extension_manager")  # type: ignore[untyped-decorator, unused-ignore]
    def _load_extensions(self) -> Any:
        from IPython.core.extensions import ExtensionManager

        return ExtensionManager(shell=self, parent=self)

    @default("history_manager")  # type: ignore[untyped-decorator, unused-ignore]
    def _load_history(self) -> Any:
        from glaux_driver.runner.history import SessionHistory

        history = SessionHistory(shell=self, parent=self)
        history.use(self.blocks)
        return history
