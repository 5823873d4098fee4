"""Progress with time left, on stderr, and silence of the libraries below."""

import logging
import os
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

from tqdm import tqdm

from kmu.errors import exit_code

# Without a terminal (a log file, CI) one line every so many seconds is enough.
_LINE_INTERVAL_S = 15.0
_quiet = False
_listener: Callable[["Progress"], None] | None = None


def set_quiet(quiet: bool) -> None:
    """Turns all progress output off (or on again); the command line's ``--quiet``."""
    global _quiet
    _quiet = quiet


def listen(listener: Callable[["Progress"], None] | None) -> None:
    """Has a function called with every task that begins or gets on, for a display of its own."""
    global _listener
    _listener = listener


def _in_notebook() -> bool:
    """Whether this runs in a notebook's kernel, where a bar is an element of the page."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return type(shell).__name__ == "ZMQInteractiveShell"


def _notebook_bar() -> Any:
    """The bar of notebooks; without ipywidgets tqdm itself falls back to one of letters."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from tqdm.auto import tqdm as bar
    return bar


@contextmanager
def silent() -> Iterator[None]:
    """No progress of what is done inside: the task around it shows its own."""
    global _quiet, _listener
    before = _quiet, _listener
    _quiet, _listener = True, None
    try:
        yield
    finally:
        _quiet, _listener = before


class Progress:
    """Counts steps of one long task and shows how far it is and how long it will still take.

    Example:
        >>> with Progress("simulating", total=3) as progress:
        ...     for _ in range(3):
        ...         progress.advance()

    Args:
        description: what is being done, in a word or two.
        total: the number of steps.
        unit: what a step is, for the rate.
        done: steps done already (a resumed task).
    """

    def __init__(self, description: str, total: int, unit: str = "it", done: int = 0) -> None:
        self.description, self.total, self.unit, self.done = description, total, unit, done
        self._first = done
        self._start = self._shown = time.monotonic()
        self._bar: Any = None
        if not _quiet and (sys.stderr.isatty() or _in_notebook()):
            bar = _notebook_bar() if _in_notebook() else tqdm
            self._bar = bar(total=total, desc=description, unit=unit, initial=done, leave=False)
        if _listener is not None:
            _listener(self)

    def __enter__(self) -> "Progress":
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.close()

    def advance(self, steps: int = 1, note: str = "") -> None:
        """Adds ``steps`` done; ``note`` is shown behind the bar (a loss, a file name)."""
        self.done += steps
        if _listener is not None:
            _listener(self)
        if self._bar is not None:
            if note:
                self._bar.set_postfix_str(note, refresh=False)
            self._bar.update(steps)
            return
        now = time.monotonic()
        if _quiet or now - self._shown < _LINE_INTERVAL_S:
            return
        self._shown = now
        rate = (self.done - self._first) / max(now - self._start, 1e-9)
        left = max(self.total - self.done, 0) / max(rate, 1e-9)
        print(
            f"{self.description}: {self.done}/{self.total} {self.unit}, "
            f"{left:.0f} s left{', ' + note if note else ''}",
            file=sys.stderr,
            flush=True,
        )


def say(text: str) -> None:
    """Prints one line to stderr unless quiet."""
    if not _quiet:
        print(text, file=sys.stderr, flush=True)


@contextmanager
def silenced() -> Iterator[None]:
    """Keeps from the terminal what compiled libraries write to stderr while they load.

    TensorFlow writes some lines (CUDA, oneDNN) before it looks at ``TF_CPP_MIN_LOG_LEVEL``, so
    the process's file descriptor 2 leads nowhere meanwhile. What Python itself writes still
    arrives. Whoever has set that variable to 0 or 1 wants to see everything, and does.
    """
    stderr = sys.stderr
    level = os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        number = stderr.fileno()
    except (AttributeError, OSError, ValueError):  # a notebook, or no stderr at all
        number = -1
    if level in ("0", "1"):
        yield
        return
    try:
        kept = os.dup(2)
    except OSError:  # stderr is closed: nothing can be written to it anyway
        yield
        return
    if number == 2:
        stderr.flush()
        # Never closed: a progress bar that is begun meanwhile goes on writing to it.
        sys.stderr = os.fdopen(os.dup(kept), "w", buffering=1, encoding=stderr.encoding)
    try:
        with open(os.devnull, "w") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        sys.stderr = stderr


@contextmanager
def errors_only() -> Iterator[None]:
    """Nothing on stderr but what kmu itself prints: no warnings and log of any library.

    Processes that are started meanwhile are as silent.
    """
    before = logging.root.manager.disable
    logging.disable(logging.ERROR)
    try:
        with silenced(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)


def guarded(command: Callable[[], int | None], quiet: bool = False) -> int:
    """Runs a command line's command; see :func:`kmu.errors.exit_code` for what it returns.

    Args:
        command: what to run.
        quiet: nothing reaches stderr but the sentence of an error.
    """
    set_quiet(quiet)
    with errors_only() if quiet else nullcontext():
        return exit_code(command)
