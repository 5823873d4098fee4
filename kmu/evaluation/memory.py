"""Peak memory of a piece of code."""

import contextlib
import ctypes
from pathlib import Path

_STATUS = Path("/proc/self/status")
_RESET = Path("/proc/self/clear_refs")


class PeakMemory:
    """How much more memory than at its start the process needed at most, inside a ``with``.

    Only Linux tells; elsewhere ``mebibytes`` stays NaN.

    Attributes:
        mebibytes: the peak above the start, MiB.
    """

    def __init__(self) -> None:
        self.mebibytes = float("nan")
        self._start = 0.0

    def __enter__(self) -> "PeakMemory":
        with contextlib.suppress(OSError, AttributeError):
            # What was freed but kept for reuse would hide what is needed now.
            ctypes.CDLL(None).malloc_trim(0)
        with contextlib.suppress(OSError):
            _RESET.write_text("5")  # sets the high-water mark to what is in use now
            self._start = _status("VmRSS")
        return self

    def __exit__(self, *_: object) -> None:
        if self._start:
            with contextlib.suppress(OSError):
                self.mebibytes = max(_status("VmHWM") - self._start, 0.0)


def _status(name: str) -> float:
    """A line of the process's status, MiB."""
    for line in _STATUS.read_text().splitlines():
        if line.startswith(f"{name}:"):
            return float(line.split()[1]) / 1024
    return 0.0
