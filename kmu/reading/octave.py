"""Octave's own HDF5 (``save -hdf5``): every value is a group of its type and the value itself.

A struct is a group of such groups, a cell one whose members are ``_0``, ``_1``, ... column by
column; axes are reversed, as MATLAB has them.
"""

from collections.abc import Iterator
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from kmu.reading.hdf5_values import letters
from kmu.reading.said import decoded

_MARK, _EMPTY, _COUNT = "OCTAVE_NEW_FORMAT", "OCTAVE_EMPTY_MATRIX", "OCTAVE_RANGE_NELEM"
_TEXTS = ("string", "sq_string")


def is_value(item: Any) -> bool:
    """Whether a group is a value of Octave's."""
    return isinstance(item, h5py.Group) and _MARK in item.attrs and "value" in item


def is_octave(file: h5py.File) -> bool:
    """Whether Octave wrote a file."""
    links = (name for name in file if isinstance(file.get(name, getlink=True), h5py.HardLink))
    return any(is_value(file[name]) for name in links)


def kind(item: h5py.Group) -> str:
    """What Octave calls the type of a value: ``matrix``, ``scalar struct``, ``cell``, ..."""
    return decoded(item["type"][()])


def is_empty(item: h5py.Group) -> bool:
    """Whether a value has no elements."""
    return _EMPTY in item.attrs


def elements(item: h5py.Group) -> list[h5py.Group]:
    """The elements of a cell, column by column."""
    inside = item["value"]
    return [inside[f"_{k}"] for k in range(len(inside) - 1)]  # one member is their dimensions


def shape(item: h5py.Group) -> tuple[int, ...]:
    """The size of a cell as Octave shows it."""
    return tuple(int(size) for size in item["value/dims"][()][::-1])


def parts(item: h5py.Group) -> Iterator[tuple[str, h5py.Group]]:
    """The values inside a struct, a struct array or a cell: ``.f``, ``(2).f``, ``{2}``."""
    sort, inside = kind(item), item["value"]
    if sort == "cell":
        yield from ((f"{{{i}}}", part) for i, part in enumerate(elements(item), 1))
    elif sort == "struct":
        for name, cell in inside.items():
            yield from ((f"({i}).{name}", part) for i, part in enumerate(elements(cell), 1))
    elif sort == "scalar struct":
        yield from ((f".{name}", part) for name, part in inside.items())


def constant(item: h5py.Group) -> NDArray[Any] | None:
    """A text, the texts of a cell, or a range; None if it is something else."""
    sort, value = kind(item), item["value"]
    if sort in _TEXTS:
        return _text(item)
    if sort == "cell":
        texts = [_text(part) for part in elements(item) if kind(part) in _TEXTS]
        if not texts or len(texts) < len(elements(item)):
            return None
        return np.array([" ".join(np.ravel(text).tolist()) for text in texts], dtype=str)
    if _COUNT in value.attrs:
        steps = np.arange(int(value.attrs[_COUNT]))
        return np.asarray(value["base"] + value["increment"] * steps, np.float64)
    return None


def _text(item: h5py.Group) -> NDArray[np.str_]:
    """One text; none where it is empty."""
    return np.array("") if is_empty(item) else letters(item["value"][()].view(np.uint8))
