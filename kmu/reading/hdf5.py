"""HDF5 files: MATLAB v7.3, kmu's own recordings, and plain ones."""

from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from kmu.reading.contents import Contents, Variable, damaged
from kmu.recording import FORMAT_VERSION, check_format, open_hdf5

FORMAT = "an HDF5 file"
MATLAB_FORMAT = "a MATLAB file (version 7.3)"
KMU_FORMAT = "a kmu recording"
KMU_IQ_FORMAT = "IQ frames simulated by kmu"


def contents(path: Path) -> Contents:
    """Lists the arrays of an HDF5 file, groups (MATLAB structs) included.

    MATLAB stores an array column by column, so HDF5 shows its axes reversed. For MATLAB files
    shapes and slices are turned back: they are what ``size`` shows in MATLAB.

    Raises:
        InputError: if the file is damaged.
    """
    file = open_hdf5(path)
    variables: list[Variable] = []
    unreadable: dict[str, str] = {}
    with damaged(path, FORMAT):
        matlab = _is_matlab(path, file)
        _walk(file, "", file, matlab, variables, unreadable)
        notes = _attributes(file)
    form = MATLAB_FORMAT if matlab else FORMAT
    if notes.get("kind") == "recording":
        check_format(file, path, FORMAT_VERSION)
        form = KMU_FORMAT
        notes = {"axes": "tzx", **notes, "kind": "velocity"}
    elif notes.get("kind") == "iq" and "format_version" in notes:
        form, notes = KMU_IQ_FORMAT, {"axes": "tzx", **notes}
    return Contents(path, form, variables, notes, unreadable)


def _is_matlab(path: Path, file: h5py.File) -> bool:
    with path.open("rb") as raw:
        if raw.read(10) == b"MATLAB 7.3":
            return True
    if path.suffix.casefold() == ".mat":
        return True
    return any("MATLAB_class" in item.attrs for item in file.values() if item is not None)


def _attributes(item: h5py.Group | h5py.Dataset) -> dict[str, Any]:
    """Attributes by name; a name that is no text (a damaged file) is made one."""
    return {_name(name): item.attrs[name] for name in item.attrs}


def _name(name: str | bytes) -> str:
    return name if isinstance(name, str) else name.decode("utf-8", "replace")


def _walk(
    group: h5py.Group,
    prefix: str,
    file: h5py.File,
    matlab: bool,
    variables: list[Variable],
    unreadable: dict[str, str],
) -> None:
    for key, item in group.items():
        name = _name(key)
        if matlab and name.startswith("#"):
            continue  # where MATLAB keeps the elements of cells
        label = f"{prefix}{name}"
        if isinstance(item, h5py.Group):
            _walk(item, f"{label}{'.' if matlab else '/'}", file, matlab, variables, unreadable)
        elif isinstance(item, h5py.Dataset):
            _add(item, label, file, matlab, variables, unreadable)


def _add(
    item: h5py.Dataset,
    label: str,
    file: h5py.File,
    matlab: bool,
    variables: list[Variable],
    unreadable: dict[str, str],
) -> None:
    kind = item.attrs.get("MATLAB_class", b"")
    kind = kind.decode() if isinstance(kind, bytes) else str(kind)
    if item.dtype == h5py.ref_dtype:
        if item.size and item.size <= 4096:
            for i, reference in enumerate(np.ravel(item[()])):
                part = file[reference] if reference else None
                if isinstance(part, h5py.Dataset) and part.dtype != h5py.ref_dtype:
                    _add(part, f"{label}{{{i + 1}}}", file, matlab, variables, unreadable)
                else:
                    unreadable[f"{label}{{{i + 1}}}"] = "struct or cell"
        return
    if item.shape is None:
        unreadable[label] = "empty dataset"
    elif kind == "char" and item.dtype.kind == "u" and item.size < 4096:
        text = "".join(chr(code) for code in np.ravel(item[()]))
        variables.append(_constant(label, np.array(text)))
    elif matlab and "MATLAB_empty" in item.attrs:
        unreadable[label] = f"empty {kind or 'array'}"
    elif item.dtype.names in (("real", "imag"), ("r", "i")):
        variables.append(_variable(item, label, matlab, pair=item.dtype.names))
    elif item.dtype.kind in "fiucbS":
        variables.append(_variable(item, label, matlab))
    elif h5py.check_string_dtype(item.dtype) is not None and item.size == 1:
        variables.append(_constant(label, np.array(item.asstr()[()])))
    else:
        unreadable[label] = str(kind or item.dtype)


def _constant(label: str, values: NDArray[Any]) -> Variable:
    return Variable(label, values.shape, values.dtype, values.__getitem__)


def _variable(item: h5py.Dataset, label: str, matlab: bool, pair: tuple[str, ...] = ()) -> Variable:
    shape = item.shape[::-1] if matlab else item.shape
    dtype = np.result_type(item.dtype[pair[0]], np.complex64) if pair else item.dtype
    form = MATLAB_FORMAT if matlab else FORMAT

    def read(index: tuple[slice, ...]) -> NDArray[Any]:
        with damaged(Path(item.file.filename), form):
            values = item[index[::-1] if matlab else index]
        if pair:
            values = (values[pair[0]] + 1j * values[pair[1]]).astype(dtype)
        return np.asarray(values).T if matlab else np.asarray(values)

    return Variable(label, tuple(shape), dtype, read, _attributes(item))
