"""Attributes and texts of HDF5 files as plain values, in whatever form they are stored."""

from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from kmu.reading.said import decoded

_MOST = 256


def attributes(item: h5py.Group | h5py.Dataset) -> dict[str, Any]:
    """Attributes by name; a name that is no text (a damaged file) is made one."""
    return {as_name(name): _attribute(item, name) for name in item.attrs}


def as_name(name: str | bytes) -> str:
    """A name as text."""
    return name if isinstance(name, str) else name.decode("utf-8", "replace")


def matlab_class(item: h5py.Dataset | h5py.Group) -> str:
    """What MATLAB calls the type of an array; "" in other files."""
    kind = item.attrs.get("MATLAB_class", b"")
    return kind.decode() if isinstance(kind, bytes) else str(kind)


def _attribute(item: h5py.Group | h5py.Dataset, name: str) -> Any:
    """An attribute's value: what a reference leads to, the name of an enumerated value."""
    value = item.attrs[name]
    if isinstance(value, h5py.Empty):
        return np.zeros(0, "U1")
    if isinstance(value, h5py.Reference) and not isinstance(value, h5py.RegionReference):
        there = item.file[value] if value else None
        if isinstance(there, h5py.Dataset) and there.shape is not None and there.size <= 64:
            return there[()]
        return np.zeros(0, "U1")
    words = h5py.check_enum_dtype(item.attrs.get_id(name).dtype)
    if words and np.size(value) == 1:
        return {code: word for word, code in words.items()}.get(int(np.ravel(value)[0]), "")
    return value


def letters(codes: NDArray[Any]) -> NDArray[np.str_]:
    """The text of MATLAB's codes of letters; the rows of a char matrix are texts of their own."""
    rows = np.atleast_2d(codes.T).astype("<u2")
    texts = [row.tobytes().decode("utf-16-le", "replace") for row in rows]
    return np.array(texts[0]) if len(texts) == 1 else np.array(texts, dtype=str)


def texts(values: NDArray[Any]) -> NDArray[Any]:
    """Texts of HDF5 come as bytes or as objects; both become NumPy's own."""
    if values.dtype.kind not in "OSV" or values.dtype.names:
        return values
    words = [decoded(value) for value in values.ravel()]
    return np.array(words, dtype=str).reshape(values.shape)


def texts_behind(references: h5py.Dataset) -> NDArray[np.str_] | None:
    """The texts that all references lead to, such as those of a cell; None if some are none."""
    found = []
    for reference in np.ravel(references[()]):
        there = references.file[reference] if reference else None
        if not isinstance(there, h5py.Dataset) or there.shape is None or there.size > _MOST:
            return None
        if matlab_class(there) == "char" and "MATLAB_empty" not in there.attrs:
            found.append(" ".join(np.ravel(letters(there[()])).tolist()))
        elif h5py.check_string_dtype(there.dtype) is not None and there.size == 1:
            found.append(decoded(np.ravel(there[()])[0]))
        else:
            return None
    return np.array(found, dtype=str) if found else None
