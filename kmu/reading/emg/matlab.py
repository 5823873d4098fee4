"""MATLAB files of decomposition programs: MUedit, DEMUSE, and any cell of firings.

MUedit (``signal.Dischargetimes{grid, unit}``, rate ``signal.fsamp``) keeps what was edited by hand
in ``edition``; what was cleaned last, ``Distimeclean{grid}{unit}``, comes first. DEMUSE has
``MUPulses{unit}`` and ``fsamp``. Samples count from 1. Units of several grids are numbered through,
grid after grid; ``ids`` beside ``firings``, which kmu writes, number them otherwise.
"""

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kmu.errors import InputError
from kmu.reading import octave
from kmu.reading.contents import damaged
from kmu.reading.emg.matlab_values import values
from kmu.reading.emg.units import EmgUnits, by_number, by_samples, rate_said
from kmu.reading.names import GENERAL_RATE_NAMES, plain
from kmu.reading.said import check_agreement
from kmu.recording import open_hdf5

# Where firings are, best first: the struct ("" is the file itself) and the cell.
_PLACES = (
    ("edition", "distimeclean"),
    ("edition", "distime"),
    ("edition", "dischargetimes"),
    ("signal", "dischargetimes"),
    ("", "distimeclean"),
    ("", "mupulses"),
    ("", "firings"),
    ("", "firingtimes"),
    ("", "spiketrains"),
    ("", "dischargetimes"),
)
# These programs are known to count samples, however short the recording.
_ALWAYS_SAMPLES = ("distimeclean", "distime", "dischargetimes", "mupulses")
_TRAINS = {"distimeclean": "pulsetrainclean"}
_WAY_OUT = "save them in seconds, or as samples with their rate as fsamp"
# The first ones mean EMG and nothing else; the others may be the rate of another signal.
_RATE_NAMES = (("fsamp", "fsemg", "emgfs"), GENERAL_RATE_NAMES)


def is_it(path: Path, head: bytes) -> bool:
    """Whether it says so itself, or by its name."""
    if head.startswith(b"\x89HDF"):
        with damaged(path, "an HDF5 file"), open_hdf5(path) as file:
            return octave.is_octave(file) or path.suffix.casefold() == ".mat"
    return head.startswith(b"MATLAB") or path.suffix.casefold() == ".mat"


def read(path: Path, rate: float | None = None) -> EmgUnits:
    """Reads the firings; see the module for where they are looked for.

    Raises:
        InputError: if no cell or several could be meant, or the rate of samples is unknown.
    """
    contents = values(path)
    name, cell, beside = _choose(path, contents)
    trains = beside.get(_TRAINS.get(name, "pulsetrain"))
    firings = _units(path, cell, trains)
    # scipy gives time in seconds as it is; samples are whole numbers above any time in seconds.
    joined = np.concatenate([np.zeros(0), *firings])
    whole = bool(joined.size and (joined == np.round(joined)).all() and joined.max() > 600)
    if name not in _ALWAYS_SAMPLES and not whole:
        listed = EmgUnits(str(path), firings, unsaid=(f"the cell {name}", _WAY_OUT))
    else:
        listed = by_samples(str(path), firings, rate or _rate(path, contents, beside), first=1)
    numbers = _numbers(path, beside, len(firings)) if name == "firings" else None
    if numbers is None:
        return listed
    return by_number(str(path), dict(zip(numbers, listed.firings, strict=True)), listed.unsaid)


def _numbers(path: Path, beside: dict[str, Any], count: int) -> list[int] | None:
    """The numbers of the units where ``ids`` gives them, as kmu writes them.

    Raises:
        InputError: if two are the same.
    """
    ids = beside.get("ids")
    if not isinstance(ids, np.ndarray) or ids.dtype.kind not in "fiu" or ids.size != count:
        return None
    if not (np.isfinite(ids) & (ids == np.round(ids))).all():
        return None
    numbers = ids.ravel().astype(int).tolist()
    if len(set(numbers)) < count:
        raise InputError(f"{path}: its ids {numbers} name one unit twice; give each its own")
    return numbers


def _choose(path: Path, contents: dict[str, Any]) -> tuple[str, NDArray[Any], dict[str, Any]]:
    """The name of the cell, the cell, and the plainly named variables beside it."""
    top = {plain(name): value for name, value in contents.items()}
    for struct, name in _PLACES:
        inside = top.get(struct) if struct else top
        if isinstance(inside, dict):
            beside = {plain(key): value for key, value in inside.items()}
            if _is_cell(beside.get(name)):
                return name, beside[name], beside
    # A program's own name says it wherever it stands, such as in a struct of one's own.
    for name in (name for struct, name in _PLACES if not struct):
        deeper = [(place, inside) for place, inside in _structs(contents, "") if name in inside]
        deeper = [(place, inside) for place, inside in deeper if _is_cell(inside[name])]
        if len(deeper) > 1:
            places = " and ".join(place for place, _ in deeper)
            raise InputError(f"{path} has {name} in {places}; keep one of them")
        if deeper:
            return name, deeper[0][1][name], deeper[0][1]
    cells = [name for name, value in contents.items() if _is_cell(value)]
    if len(cells) == 1:
        return plain(cells[0]), contents[cells[0]], top
    raise InputError(
        f"{path} has {'no cell' if not cells else 'several cells'} of firings "
        f"({', '.join(cells) or 'none'}); keep one called firings or MUPulses"
    )


def _structs(inside: dict[str, Any], place: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """All structs at any depth: where they stand, and their fields by plain names."""
    for name, value in inside.items():
        if isinstance(value, dict):
            yield f"{place}{name}", {plain(key): item for key, item in value.items()}
            yield from _structs(value, f"{place}{name}.")


def _is_cell(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.dtype == object


def _units(path: Path, cell: NDArray[Any], trains: Any) -> list[NDArray[np.float64]]:
    """The firings of each unit of a cell {unit}, {grid, unit} or {grid}{unit}."""
    if any(_is_cell(item) for item in cell.ravel()):
        inner = [item.ravel().tolist() if _is_cell(item) else [] for item in cell.ravel()]
        return [_times(path, item) for items in inner for item in items]
    if min(cell.shape, default=0) < 2 and not _is_grids(trains, cell):
        return [_times(path, item) for item in cell.ravel()]
    found: list[NDArray[np.float64]] = []
    for grid, row in enumerate(cell):
        times = [_times(path, item) for item in row]
        # The cell is as wide as the grid with most units: what follows is no unit, unless the
        # pulse trains say that there is one, without firings.
        count = max((k + 1 for k, item in enumerate(times) if item.size), default=0)
        found += times[: max(count, min(_train_count(trains, grid), len(times)))]
    return found


def _is_grids(trains: Any, cell: NDArray[Any]) -> bool:
    """Whether the rows of a cell are grids: there is one entry of pulse trains a row."""
    return _is_cell(trains) and cell.ndim == 2 and trains.size == len(cell)


def _train_count(trains: Any, grid: int) -> int:
    """How many units have a pulse train in a grid, 0 if that is unknown."""
    if not _is_cell(trains) or grid >= trains.size:
        return 0
    train = trains.ravel()[grid]
    is_train = isinstance(train, np.ndarray) and train.ndim == 2 and train.shape[1] > 1
    return len(train) if is_train else 0


def _times(path: Path, item: Any) -> NDArray[np.float64]:
    if not isinstance(item, np.ndarray) or item.dtype.kind not in "fiu":
        raise InputError(f"{path}: its cell of firings holds something else than numbers")
    return np.asarray(item, np.float64).ravel()


def _rate(path: Path, contents: dict[str, Any], beside: dict[str, Any]) -> float | None:
    """The sampling rate that stands nearest: beside the cell, in ``signal``, or in the file.

    Raises:
        InputError: if it is no number in Hz, or two that stand as near differ.
    """
    signal = contents.get("signal")
    places = (beside, signal if isinstance(signal, dict) else {}, contents)
    for place, names in itertools.product(places, _RATE_NAMES):
        said = [
            (key, rate_said(str(path), key, value))
            for key, value in place.items()
            if plain(key) in names and isinstance(value, np.ndarray | str) and np.size(value)
        ]
        if said:
            check_agreement(path, said, "--firings-rate")
            return said[0][1]
    return None
