"""Objects of MATLAB: ``string``, ``categorical``, ``duration``, ``table``, maps and own classes.

How MATLAB stores them is not documented; the library mat-io (``pip install 'kmu[matlab]'``) reads
them. Without it, or where it does not know one, they are listed as what they are and passed by.
"""

import io
import warnings
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

# Where an object's values are kept elsewhere in the file, this number stands in their place.
_ELSEWHERE = 0xDD000000
_SECONDS = 1e-9


def installed() -> bool:
    """Whether mat-io is."""
    return find_spec("matio") is not None


def described(kind: str) -> str:
    """What an object that was not read is, and what would read it."""
    return f"MATLAB {kind or 'object'}" + (
        "" if installed() else " (pip install 'kmu[matlab]' may read it)"
    )


class Hdf5Objects:
    """Reads the objects of an open file of version 7.3."""

    def __init__(self, file: h5py.File) -> None:
        self._file = file
        self._reader: Any = None
        self._failed = not installed()

    def __call__(self, item: h5py.Dataset | h5py.Group) -> Any:
        """The object, or None if it cannot be read."""
        if self._failed:
            return None
        # mat-io is careful, but the store it reads is not documented: anything may go wrong.
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                if self._reader is None:
                    from matio.v7.matreader7 import MatRead7, read_subsystem

                    self._reader = MatRead7(
                        self._file, read_subsystem(self._file, "<", False, False)
                    )
                return self._reader.read_h5_data(item)
        except Exception:
            self._failed = self._reader is None
            return None


def read_mat5(path: Path, variable: bytes, offset: int, order: str) -> Any:
    """One variable of a file of version 5 to 7 with the objects in it; None if it cannot be read.

    Args:
        path: the file.
        variable: a whole file that holds this variable only.
        offset: where the file keeps the values of objects; 0 for nowhere.
        order: "<" or ">".
    """
    if not offset or not installed():
        return None
    try:
        from matio.v5.matreader5 import MatFile5Reader, read_subsystem

        with warnings.catch_warnings(), path.open("rb") as file:
            warnings.simplefilter("ignore")
            objects = read_subsystem(file, offset, order, raw_data=False, add_table_attrs=False)
            reader = MatFile5Reader(io.BytesIO(variable), order, objects)
            return next(v for k, v in reader.get_variables().items() if k != "__globals__")
    except Exception:
        return None


def parts(name: str, value: Any) -> Iterator[tuple[str, NDArray[Any], dict[str, str]]] | None:
    """What is in an object: names, arrays and their attributes; None if nothing is understood.

    Args:
        name: of the object.
        value: as mat-io gives it.
    """
    if value is None or _is_elsewhere(value):
        return None
    if isinstance(value, np.ndarray) and value.dtype.kind == "T":
        plain = _texts(value)
        return None if plain is None else iter([(name, plain, {})])
    if isinstance(value, np.ndarray) and value.dtype.kind == "m":
        seconds = value.astype("timedelta64[ns]").astype(np.float64) * _SECONDS
        return iter([(name, seconds, {"unit": "s"})])
    if isinstance(value, np.ndarray) and value.dtype.kind == "M":
        if value.size == 1:  # a date, not the times of frames
            return None
        since = (value - value.ravel()[0]).astype("timedelta64[ns]").astype(np.float64)
        return iter([(name, since * _SECONDS, {"unit": "s"})])
    if isinstance(value, np.ndarray) and value.dtype.kind in "fiubc":
        return iter([(name, np.asarray(value), {})])
    if hasattr(value, "categories") and hasattr(value, "astype"):
        plain = _texts(np.asarray(value, dtype=object))
        return None if plain is None else iter([(name, plain, {})])
    if hasattr(value, "columns") and hasattr(value, "to_numpy"):  # a DataFrame
        return _all(name, {str(column): np.asarray(value[column]) for column in value.columns})
    inside = getattr(value, "properties", value)
    if isinstance(inside, Mapping):
        return _all(name, inside)
    return None


def _all(
    name: str, inside: Mapping[Any, Any]
) -> Iterator[tuple[str, NDArray[Any], dict[str, str]]]:
    for key, value in inside.items():
        if isinstance(value, np.ndarray) and value.dtype.kind == "O" and value.size:
            plain = _texts(value)
            if plain is not None:
                yield f"{name}.{key}", plain, {}
            continue
        if isinstance(value, np.ndarray) and value.dtype.kind == "U":
            yield f"{name}.{key}", _scalar(value), {}
            continue
        yield from parts(f"{name}.{key}", value) or ()


def _is_elsewhere(value: Any) -> bool:
    """Whether it is only the place of an object that was not found."""
    return (
        isinstance(value, np.ndarray)
        and value.dtype.kind == "u"
        and value.size >= 4
        and int(value.ravel()[0]) == _ELSEWHERE
    )


def _texts(values: NDArray[Any]) -> NDArray[np.str_] | None:
    """An array of texts; None if one is missing or no text."""
    if not values.size or not all(isinstance(value, str) for value in values.ravel()):
        return None
    return _scalar(np.array([str(v) for v in values.ravel()], dtype=str).reshape(values.shape))


def _scalar(values: NDArray[np.str_]) -> NDArray[np.str_]:
    return values.reshape(()) if values.size == 1 else values
