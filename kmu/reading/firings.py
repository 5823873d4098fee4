"""Firing times from EMG decomposition, from any file of ``kmu.reading.emg``."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kmu.config.analysis import AnalysisOptions
from kmu.errors import InputError
from kmu.progress import say
from kmu.reading.emg import FORMATS
from kmu.reading.emg.units import EmgUnits
from kmu.reading.foreign import foreign


def with_own_firings(options: AnalysisOptions, recording: Path, several: bool) -> AnalysisOptions:
    """The options for a recording: of several each has its own file of firings.

    Args:
        options: for several recordings, ``firings`` is a folder; it holds a file of the
            recording's name, with any ending, or there are none for it.
        recording: its file or folder.
        several: whether it is one of several recordings.

    Raises:
        InputError: if a file is given for several recordings, or several for one.
    """
    if not options.firings or not several:
        return options
    folder = Path(options.firings)
    if not folder.is_dir():
        raise InputError(
            f"--firings {folder} goes with one recording; several are given: give a folder with a "
            "file of firings for each, of the recording's name"
        )
    own = [
        path
        for path in sorted(folder.iterdir())
        if path.stem == recording.stem and path.resolve() != recording.resolve()
    ]
    if len(own) > 1:
        raise InputError(f"{own[0]} or {own[1].name}: which are the firings of {recording.name}?")
    if not own:
        say(f"{folder} holds no firings of {recording.name}")
    return options.replace(firings=str(own[0]) if own else "")


def read_emg_units(path: str | Path, sampling_rate: float | None = None) -> EmgUnits:
    """Motor units found in EMG, by their numbers.

    Args:
        path: a MATLAB file of MUedit, DEMUSE or with a cell of firings, an openhdemg file or
            folder, an NWB file with a units table, a table of BIDS events, or CSV with the columns
            ``unit`` and ``time_s`` (or ``time_ms`` or ``sample``).
        sampling_rate: Hz, where the file gives samples and not the rate; it overrides the file's
            own. MATLAB's samples count from 1, those of the other formats from 0.

    Raises:
        InputError: if the file is missing, damaged, or its sampling rate is unknown.
    """
    path = Path(path)
    head = b""
    try:
        if not path.is_dir():
            with path.open("rb") as file:
                head = file.read(600)
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from error
    # openhdemg's own files are compressed, which another file of firings is not.
    cause = None if head.startswith(b"\x1f\x8b") else foreign(head)
    if cause is not None:
        raise InputError(f"{path} is {cause}")
    for _, is_it, read in FORMATS:
        if is_it(path, head):
            return read(path, sampling_rate).checked()
    raise InputError(f"{path} is a folder, but not one of openhdemg's: it has no manifest.json")


def read_firings(path: str | Path, sampling_rate: float | None = None) -> list[NDArray[np.float64]]:
    """Only the firing times of :func:`read_emg_units`: an array of seconds for each unit."""
    return read_emg_units(path, sampling_rate).firings
