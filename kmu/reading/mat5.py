"""MATLAB files up to version 7 (``save`` without ``-v7.3``)."""

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import scipy.io
from numpy.typing import NDArray

from kmu.reading.contents import Contents, Variable, damaged
from kmu.reading.mat5_stream import PlainReader, plain_arrays

FORMAT = "a MATLAB file (version 5 to 7)"


def contents(path: Path) -> Contents:
    """Lists the arrays of a MATLAB v5 file; structs and cells are opened one level deep.

    Raises:
        InputError: if the file is damaged.
    """
    variables: list[Variable] = []
    unreadable: dict[str, str] = {}
    with damaged(path, FORMAT), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        listed = scipy.io.whosmat(str(path))
        plain = plain_arrays(path)
        for name, shape, kind in listed:
            if kind in ("struct", "cell"):
                for part, values in _parts(_load(path, name), kind):
                    _add(variables, unreadable, f"{name}{part}", values)
            elif kind in ("char", "string") or max(shape, default=1) <= 64:
                _add(variables, unreadable, name, _load(path, name))
            elif kind in ("function", "object", "opaque", "sparse", "unknown"):
                unreadable[name] = kind
            elif name in plain:
                reader = PlainReader(path, plain[name])
                variables.append(Variable(name, tuple(shape), plain[name].dtype, reader))
            else:
                variables.append(_whole(path, name, shape))
    return Contents(path, FORMAT, variables, unreadable=unreadable)


def _load(path: Path, name: str) -> Any:
    with damaged(path, FORMAT), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return scipy.io.loadmat(str(path), variable_names=[name])[name]


def _whole(path: Path, name: str, shape: tuple[int, ...]) -> Variable:
    """What can only be read whole: complex and logical arrays."""
    values = np.asarray(_load(path, name))
    return Variable(name, tuple(shape), values.dtype, values.__getitem__)


def _parts(values: NDArray[Any], kind: str) -> list[tuple[str, Any]]:
    """The fields of a 1x1 struct as ".name", the elements of a cell as "{1}" (MATLAB's count)."""
    if kind == "cell":
        return [(f"{{{i + 1}}}", item) for i, item in enumerate(values.ravel(order="F"))]
    if values.size != 1 or values.dtype.names is None:
        return []
    return [(f".{name}", values.ravel()[0][name]) for name in values.dtype.names]


def _add(variables: list[Variable], unreadable: dict[str, str], name: str, values: Any) -> None:
    array = np.asarray(values)
    if array.dtype.kind in "fiucbUS":
        variables.append(Variable(name, array.shape, array.dtype, array.__getitem__))
    else:
        unreadable[name] = "struct or cell"
