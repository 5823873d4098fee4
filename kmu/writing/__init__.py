"""Writing results in the formats other tools read; one module a format."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from kmu.errors import InputError
from kmu.motor_units import MotorUnits
from kmu.writing.bids import write_bids
from kmu.writing.matlab import read_matlab, read_matlab_measures, write_matlab
from kmu.writing.native import read_measures, write_native
from kmu.writing.nwb import write_nwb
from kmu.writing.openhdemg import write_openhdemg
from kmu.writing.table import write_tables

Table = Mapping[str, NDArray[Any]]

# Name: what it is for, what its file's name ends in, and who writes it.
FORMATS: dict[str, tuple[str, str, Callable[[MotorUnits, Path, Table], None]]] = {
    "hdf5": ("kmu itself, and anything that reads HDF5", ".h5", write_native),
    "matlab": ("MATLAB and Octave: load('result.mat')", ".mat", write_matlab),
    "csv": ("spreadsheets and R: one table of units, one of firings", ".csv", write_tables),
    "openhdemg": ("openhdemg: emg_from_json", ".json", write_openhdemg),
    "bids": ("BIDS: events of which every firing is one", "_events.tsv", write_bids),
    "nwb": ("Neurodata Without Borders (pip install 'kmu[nwb]')", ".nwb", write_nwb),
}


def write_result(
    units: MotorUnits,
    path: str | Path,
    form: str = "hdf5",
    measures: Mapping[str, NDArray[np.float64]] | None = None,
) -> Path:
    """Writes motor units in one of ``FORMATS``.

    Args:
        units: the result.
        path: where to; its suffix is replaced by the format's own.
        form: key of ``FORMATS``.
        measures: columns (K,) to write beside, such as quality and physiology.

    Returns:
        The path that was written. An older file there is replaced only when the new one is whole.

    Raises:
        InputError: if the format is unknown or the file cannot be written.
    """
    if form not in FORMATS:
        raise InputError(f"no format {form!r}; choose from {', '.join(FORMATS)}")
    _, suffix, writer = FORMATS[form]
    target = _with_ending(Path(path), suffix)
    writer(units, target, measures or {})
    return target


def read_result(path: str | Path) -> tuple[MotorUnits, dict[str, NDArray[np.float64]]]:
    """Units and measures of a result, in the native format or as written for MATLAB.

    Raises:
        InputError: if the file is missing, damaged or something else.
    """
    if Path(path).suffix.lower() == ".mat" and not _is_hdf5(path):
        return read_matlab(path), read_matlab_measures(path)
    return MotorUnits.load(path), read_measures(path)


def _is_hdf5(path: str | Path) -> bool:
    return Path(path).is_file() and bool(h5py.is_hdf5(path))


def written_paths(path: str | Path, form: str) -> list[Path]:
    """All files that :func:`write_result` writes, the one it returns first."""
    target = _with_ending(Path(path), FORMATS[form][1])
    beside = {"csv": (".firings.csv", ".provenance.json"), "bids": (".json",)}
    return [target, *(target.with_suffix(ending) for ending in beside.get(form, ()))]


def _with_ending(path: Path, ending: str) -> Path:
    return path.with_name(path.stem + ending)
