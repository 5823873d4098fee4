"""All values of a MATLAB or Octave file as plain Python: structs are dicts, cells object arrays.

Both kinds of file (up to v7, and v7.3, which is HDF5) give the same values, with the axes as
MATLAB's ``size`` shows them.
"""

from pathlib import Path
from typing import Any

import h5py
import numpy as np

from kmu.reading import octave
from kmu.reading.contents import damaged
from kmu.reading.hdf5_values import letters, matlab_class
from kmu.reading.mat5_check import load
from kmu.reading.mat5_stream import Element, elements
from kmu.recording import open_hdf5

# Deeper than any program nests, and an end to references in a circle.
_DEEPEST = 8


def values(path: Path) -> dict[str, Any]:
    """The variables of a file by name; what is neither number, text, struct nor cell is left out.

    Raises:
        InputError: if the file is damaged.
    """
    with path.open("rb") as file:
        is_hdf5 = b"\x89HDF" in file.read(2048)
    with damaged(path, "a MATLAB file"):
        if is_hdf5:
            with open_hdf5(path) as opened:
                return _group(opened, opened, 0)
        loaded = {element.name: _loaded(path, element) for element in elements(path)}
        found = {name: _old(value) for name, value in loaded.items() if value is not None}
        if loaded and not found:
            raise ValueError("nothing in it can be read")
    return found


def _loaded(path: Path, element: Element) -> Any:
    """One variable; None for an object, or a struct with one in it, which scipy cannot read."""
    if element.kind not in ("number", "char", "struct", "cell"):
        return None
    try:
        return load(path, element)
    except Exception:  # scipy raises nearly every kind of error; one variable harms no other
        return None


def _old(value: Any) -> Any:
    """What scipy gives, in the plain form."""
    if not isinstance(value, np.ndarray) or value.dtype.kind not in "OV":
        return value
    if value.dtype.names:
        elements = [
            {name: _old(element[name]) for name in value.dtype.names} for element in value.ravel()
        ]
        # A struct is an array of one; arrays of several hold no units in any known program.
        return elements[0] if len(elements) == 1 else elements
    plain = np.empty(value.shape, object)
    for index in np.ndindex(value.shape):
        plain[index] = _old(value[index])
    return plain


def _group(group: h5py.Group, file: h5py.File, depth: int) -> dict[str, Any]:
    found = {
        name: _new(item, file, depth + 1)
        for name, item in group.items()
        if item is not None and not name.startswith("#")
    }
    return {name: value for name, value in found.items() if value is not None}


def _new(item: Any, file: h5py.File, depth: int) -> Any:
    """What h5py gives, in the plain form; None for what is none of the known kinds."""
    if depth > _DEEPEST:
        return None
    if octave.is_value(item):
        return _octave(item, file, depth)
    if isinstance(item, h5py.Group):
        return _group(item, file, depth)
    if not isinstance(item, h5py.Dataset) or item.shape is None:
        return None
    if item.dtype == h5py.ref_dtype:
        references = item[()].T
        cell = np.empty(references.shape, object)
        for index in np.ndindex(references.shape):
            reference = references[index]
            cell[index] = _new(file[reference], file, depth + 1) if reference else np.zeros((0, 0))
        return cell
    if matlab_class(item) == "char" and "MATLAB_empty" not in item.attrs:
        return letters(item[()])
    if "MATLAB_empty" in item.attrs:
        kind = item.attrs.get("MATLAB_class", b"")
        return np.empty((0, 0), object if kind in (b"cell", "cell") else float)
    return np.asarray(item[()]).T if item.dtype.kind in "fiub" else None


def _octave(item: h5py.Group, file: h5py.File, depth: int) -> Any:
    """What Octave keeps in a group, in the plain form."""
    kind, value = octave.kind(item), item["value"]
    if octave.is_empty(item):
        return np.empty((0, 0), object if kind == "cell" else float)
    if kind == "cell":
        parts = octave.elements(item)
        cell = np.empty(len(parts), object)
        for k, part in enumerate(parts):
            cell[k] = _new(part, file, depth + 1)
        return cell.reshape(octave.shape(item), order="F")
    constant = octave.constant(item)
    if constant is not None:
        return constant
    return _new(value, file, depth) if kind != "struct" else None
