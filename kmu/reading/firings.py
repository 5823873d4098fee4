"""Firing times from EMG decomposition: openhdemg files, MATLAB cells, CSV tables."""

import csv
import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np
import scipy.io
from numpy.typing import NDArray

from kmu.errors import InputError
from kmu.reading.contents import FRAME_RATE_NAMES, damaged, plain
from kmu.reading.hdf5 import contents as hdf5_contents

# Names of the cell of firings in the files of common decomposition programs.
_CELL_NAMES = ("mupulses", "firings", "firingtimes", "spiketrains", "dischargetimes")


def read_firings(path: str | Path, sampling_rate: float | None = None) -> list[NDArray[np.float64]]:
    """Firing times of motor units, found in EMG.

    Args:
        path: an openhdemg JSON file, a MATLAB file (v5 or v7.3) with a cell of firings called
            MUPulses, firings or the like, or a CSV table with the columns ``unit`` and ``time_s``
            (or ``unit`` and ``sample``).
        sampling_rate: Hz, where the file gives samples and not the rate. MATLAB's samples count
            from 1, those of the other formats from 0.

    Returns:
        One ascending float64 array of seconds for each unit.

    Raises:
        InputError: if the file is missing, damaged, or its sampling rate is unknown.
    """
    path = Path(path)
    try:
        with path.open("rb") as file:
            head = file.read(8)
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from error
    if head[:2] == b"\x1f\x8b" or head[:1] == b"{":
        return _from_openhdemg(path, compressed=head[:1] != b"{")
    if path.suffix.casefold() == ".mat":
        return _from_matlab(path, sampling_rate)
    return _from_csv(path, sampling_rate)


def _from_openhdemg(path: Path, compressed: bool) -> list[NDArray[np.float64]]:
    with damaged(path, "an openhdemg file"):
        opener: Any = gzip.open if compressed else open
        with opener(path, "rt", encoding="utf-8") as file:
            values = json.load(file)
        rate = float(json.loads(values["FSAMP"]))
        pulses = json.loads(values["MUPULSES"])
        found = [np.asarray(samples, np.float64).ravel() / rate for samples in pulses]
    return _checked(path, found)


def _from_matlab(path: Path, sampling_rate: float | None) -> list[NDArray[np.float64]]:
    cells: dict[str, list[NDArray[Any]]] = {}
    numbers: dict[str, float] = {}
    with path.open("rb") as file:
        modern = b"\x89HDF" in file.read(2048)
    if modern:
        for variable in hdf5_contents(path).variables:
            if "{" in variable.name and variable.dtype.kind in "fiu":
                cells.setdefault(variable.name.split("{")[0], []).append(variable.values())
            elif int(np.prod(variable.shape)) == 1 and variable.dtype.kind in "fiu":
                numbers[variable.name] = float(variable.values().ravel()[0])
    else:
        with damaged(path, "a MATLAB file"):
            for name, value in scipy.io.loadmat(str(path)).items():
                if isinstance(value, np.ndarray) and value.dtype == object:
                    cells[name] = list(value.ravel())
                elif (
                    isinstance(value, np.ndarray) and value.size == 1 and value.dtype.kind in "fiu"
                ):
                    numbers[name] = float(value.ravel()[0])
    named = [name for name in cells if plain(name) in _CELL_NAMES]
    if len(named) != 1 and len(cells) != 1:
        raise InputError(
            f"{path} has {'no cell' if not cells else 'several cells'} of firings "
            f"({', '.join(cells) or 'none'}); keep one called firings or MUPulses"
        )
    chosen = named[0] if len(named) == 1 else next(iter(cells))
    with damaged(path, "a cell of firings"):
        values = [np.asarray(item, np.float64).ravel() for item in cells[chosen]]
    if plain(chosen) == "mupulses" or _are_samples(values):
        given = [v for name, v in numbers.items() if plain(name.split(".")[-1]) in FRAME_RATE_NAMES]
        rate = sampling_rate or (given[0] if given else None)
        if rate is None:
            raise InputError(
                f"{path}: {chosen} holds samples, but no sampling rate; give it in Hz with "
                "--firings-rate"
            )
        values = [(samples - 1) / rate for samples in values]
    return _checked(path, values)


def _from_csv(path: Path, sampling_rate: float | None) -> list[NDArray[np.float64]]:
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = [row for row in csv.reader(file) if row]
        header = [plain(name) for name in rows[0]]
        unit = header.index("unit")
        in_time = any(name in header for name in ("times", "time"))
        column = next(header.index(n) for n in ("times", "time", "sample") if n in header)
        table = [(int(float(row[unit])), float(row[column])) for row in rows[1:]]
    except (ValueError, IndexError, StopIteration, UnicodeDecodeError, csv.Error) as error:
        raise InputError(
            f"{path} is no table of firings: a header with unit and time_s (or sample) and rows of "
            "numbers are needed"
        ) from error
    if not in_time and sampling_rate is None:
        raise InputError(f"{path} holds samples; give their rate in Hz with --firings-rate")
    rate = 1.0 if in_time else float(sampling_rate or 1.0)
    names = sorted({name for name, _ in table})
    return _checked(path, [np.array([t / rate for n, t in table if n == name]) for name in names])


def _are_samples(values: list[NDArray[np.float64]]) -> bool:
    """Whole numbers above any time in seconds: samples."""
    joined = np.concatenate([np.zeros(0), *values])
    return bool(joined.size and (joined == np.round(joined)).all() and joined.max() > 600)


def _checked(path: Path, found: list[NDArray[np.float64]]) -> list[NDArray[np.float64]]:
    for number, times in enumerate(found, 1):
        if not np.isfinite(times).all() or (times.size and times.min() < 0):
            raise InputError(f"{path}: unit {number} has firings that are no times after 0")
    return [np.sort(times) for times in found]
