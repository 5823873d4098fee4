"""MATLAB files up to version 7 (``save`` without ``-v7.3``)."""

from pathlib import Path
from typing import Any

import numpy as np
import scipy.io

from kmu.errors import InputError
from kmu.reading import mat5_check, matlab_objects
from kmu.reading.contents import Contents, Variable, damaged
from kmu.reading.mat5_stream import Element, PlainReader, elements, objects_at, packed
from kmu.reading.unheard import CLOSED_STRUCT

FORMAT = "a MATLAB file (version 5 to 7)"
_MOST_PARTS = 4096


def contents(path: Path) -> Contents:
    """Lists the arrays of a MATLAB v5 file; structs and cells are opened at any depth.

    Objects (``string``, ``datetime``, ``table`` and the like) are passed by: each variable is
    read on its own, so that one that cannot be read harms no other.

    Raises:
        InputError: if the file is damaged.
    """
    variables: list[Variable] = []
    unreadable: dict[str, str] = {}
    with damaged(path, FORMAT):
        place, order = objects_at(path)
        for element in elements(path):
            name = element.name
            if element.kind in ("struct", "cell"):
                try:
                    values = matlab_objects.read_mat5(path, packed(path, element), place, order)
                    values = _load(path, element) if values is None else values
                except InputError:
                    unreadable[name] = CLOSED_STRUCT.replace("struct", element.kind)
                    continue
                _add(variables, unreadable, name, values)
            elif element.kind not in ("char", "number"):
                values = matlab_objects.read_mat5(path, packed(path, element), place, order)
                if not _add_object(variables, name, values):
                    unreadable[name] = matlab_objects.described(element.kind)
            elif element.kind == "char" or max(element.shape, default=1) <= 64:
                _add(variables, unreadable, name, _load(path, element))
            elif element.plain is not None:
                reader = PlainReader(path, element.plain)
                dtype = element.plain.dtype
                variables.append(Variable(name, element.shape, dtype, reader))
            else:
                # What can only be read whole: complex and logical arrays.
                _add(variables, unreadable, name, _load(path, element))
    return Contents(path, FORMAT, variables, unreadable=unreadable)


def _load(path: Path, element: Element) -> Any:
    """One variable, from a file in memory that holds nothing else."""
    with damaged(path, FORMAT):
        return mat5_check.load(path, element)


def _add(
    variables: list[Variable], unreadable: dict[str, str], name: str, values: Any, of: str = "cell"
) -> None:
    """Lists a value; of structs ``s.f`` or ``s(2).f``, of cells ``c{2}`` (MATLAB's own count)."""
    if _add_object(variables, name, values):
        return
    array = np.asarray(values)
    if array.dtype.kind in "fiucbUS":
        if array.dtype.kind == "U" and array.size == 1:
            array = array.reshape(())
        variables.append(Variable(name, array.shape, array.dtype, array.__getitem__))
    elif not isinstance(values, np.ndarray) or isinstance(
        values, scipy.io.matlab.MatlabOpaque | scipy.io.matlab.MatlabFunction
    ):
        unreadable[name] = matlab_objects.described("object")
    elif array.size > _MOST_PARTS or array.dtype.kind not in "OV":
        unreadable[name] = "struct or cell"
    elif array.dtype.names:
        for i, part in enumerate(array.ravel(order="F"), 1):
            head = name if array.size == 1 else f"{name}({i})"
            for field in array.dtype.names:
                _add(variables, unreadable, f"{head}.{field}", part[field])
    elif array.dtype.kind == "O" and array.size and all(map(_is_text, array.ravel())):
        texts = np.array([str(part.ravel()[0]) for part in array.ravel(order="F")], dtype=str)
        variables.append(Variable(name, texts.shape, texts.dtype, texts.__getitem__))
    elif array.dtype.kind == "O":
        for i, part in enumerate(array.ravel(order="F"), 1):
            _add(variables, unreadable, f"{name}{{{i}}}", part)
    else:
        unreadable[name] = "empty struct"


def _is_text(part: Any) -> bool:
    return isinstance(part, np.ndarray) and part.dtype.kind == "U" and part.size == 1


def _add_object(variables: list[Variable], name: str, values: Any) -> bool:
    """Lists what is in an object that mat-io has read; False if it is none."""
    if isinstance(values, np.ndarray) and values.dtype.kind not in "TmM":
        return False
    inside = matlab_objects.parts(name, values)
    for label, array, attributes in inside or ():
        read = array.__getitem__
        variables.append(Variable(label, array.shape, array.dtype, read, attributes))
    return inside is not None
