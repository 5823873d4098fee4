"""Whether a variable of a MATLAB v5 file is whole, before SciPy reads it.

SciPy's reader trusts the tags of a file: damaged ones may end the process. So the tags are walked
through first (MAT-File Format, The MathWorks, level 5): every element must lie in the one around
it, be of a known type, and hold as much as the dimensions before it say, and no more.
"""

import io
import struct
import warnings
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import scipy.io

from kmu.reading.mat5_stream import Element, packed

_COMPRESSED, _MATRIX = 15, 14
_SIZES = {1: 1, 2: 1, 3: 2, 4: 2, 5: 4, 6: 4, 7: 4, 9: 8, 12: 8, 13: 8, 16: 1, 17: 2, 18: 4}
_TEXTS = (1, 2, 4, 16, 17, 18)
_CELL, _STRUCT, _OBJECT, _CHAR, _SPARSE, _FUNCTION = 1, 2, 3, 4, 5, 16
_NUMBERS = range(6, 16)
_IS_COMPLEX = 0x0800
_DEEPEST = 32
_MOST_AXES = 32
# zlib packs nothing smaller than this.
_MOST_PACKED = 1100

Part = tuple[int, int, int]


def load(path: Path, element: Element) -> Any:
    """One variable, as SciPy gives it.

    Raises:
        ValueError: if it is damaged; SciPy raises nearly every kind of error.
    """
    whole = _unpacked(packed(path, element))
    order = "<" if whole[126:128] == b"IM" else ">"
    parts = list(_parts(whole, order, 128, len(whole)))
    if len(parts) != 1 or parts[0][0] != _MATRIX:
        raise ValueError("no single variable")
    _check_matrix(whole, order, parts[0], 0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return scipy.io.loadmat(io.BytesIO(whole))[element.name]


def _unpacked(data: bytes) -> bytes:
    """The same file, its one variable unpacked; no larger than it says itself."""
    order = "<" if data[126:128] == b"IM" else ">"
    kind, size = struct.unpack(order + "II", data[128:136])
    if kind != _COMPRESSED:
        return data
    unpacker = zlib.decompressobj()
    head = unpacker.decompress(data[136 : 136 + size], 8)
    _, inner = struct.unpack(order + "II", head)
    if inner > size * _MOST_PACKED:
        raise ValueError("more than can be packed")
    rest = unpacker.decompress(unpacker.unconsumed_tail, inner + 1)
    return data[:128] + head + rest[:inner]


def _parts(data: bytes, order: str, at: int, end: int) -> Iterator[Part]:
    """Type, first and last (excluded) byte of each element between two places."""
    while at < end:
        if at + 8 > end:
            raise ValueError("a tag ends too early")
        kind, size = struct.unpack(order + "II", data[at : at + 8])
        if kind >> 16:
            # The small form: size and type share four bytes, the values are in the next four.
            kind, size, start, step = kind & 0xFFFF, kind >> 16, at + 4, 8
            if size > 4:
                raise ValueError("a small element is too large")
        else:
            start, step = at + 8, 8 + size + (0 if kind == _MATRIX else -size % 8)
        if start + size > end or (kind != _MATRIX and kind not in _SIZES):
            raise ValueError("an element ends too late, or is of no known type")
        yield kind, start, start + size
        at += step


def _check_matrix(data: bytes, order: str, whole: Part, depth: int) -> None:
    kind, start, end = whole
    if kind != _MATRIX or depth > _DEEPEST:
        raise ValueError("no array, or nested too deeply")
    if start == end:
        return  # an empty array
    parts = _parts(data, order, start, end)
    flags = _values(data, order, next(parts), "I", 2)[0]
    of_class = flags & 0xFF
    if of_class not in (_CELL, _STRUCT, _OBJECT, _CHAR, _SPARSE, _FUNCTION, *_NUMBERS):
        raise ValueError("an array of an unknown class")
    shape = _values(data, order, next(parts), "i", None)
    if not 2 <= len(shape) <= _MOST_AXES or min(shape) < 0:
        raise ValueError("impossible dimensions")
    count = int(np.prod(shape, dtype=object))
    if next(parts)[0] not in _TEXTS:
        raise ValueError("a name that is no text")
    if of_class == _OBJECT:
        next(parts)
    if of_class in _NUMBERS or of_class == _CHAR:
        for _ in range(2 if flags & _IS_COMPLEX else 1):
            _check_length(next(parts), count)
    elif of_class == _SPARSE:
        _check_sparse(data, order, parts, shape, bool(flags & _IS_COMPLEX))
    else:
        if of_class in (_STRUCT, _OBJECT):
            length = _values(data, order, next(parts), "i", 1)[0]
            _, first, last = next(parts)
            if length <= 0 or (last - first) % length:
                raise ValueError("names of fields that do not fit")
            count *= (last - first) // length
        for _ in range(1 if of_class == _FUNCTION else count):
            _check_matrix(data, order, next(parts), depth + 1)
    # Within another array SciPy goes on where this one's parts end, whatever its size says.
    if depth and next(parts, None) is not None:
        raise ValueError("more parts than the dimensions say")


def _values(data: bytes, order: str, part: Part, form: str, count: int | None) -> tuple[int, ...]:
    kind, start, end = part
    found = (end - start) // 4
    if _SIZES.get(kind) != 4 or kind == 7 or (count is not None and found < count):
        raise ValueError("no whole numbers where some must be")
    return struct.unpack(f"{order}{found}{form}", data[start : start + 4 * found])


def _check_length(part: Part, count: int) -> None:
    kind, start, end = part
    if kind == _MATRIX or (end - start) // _SIZES[kind] < count:
        raise ValueError("fewer values than the dimensions say")


def _check_sparse(
    data: bytes, order: str, parts: Iterator[Part], shape: tuple[int, ...], is_complex: bool
) -> None:
    rows = np.array(_values(data, order, next(parts), "i", None))
    columns = np.array(_values(data, order, next(parts), "i", None))
    ascending = columns.size == shape[1] + 1 and columns[0] == 0 and (np.diff(columns) >= 0).all()
    if not ascending or columns[-1] > rows.size:
        raise ValueError("columns of a sparse array that do not fit")
    used = rows[: columns[-1]]
    if used.size and (used.min() < 0 or used.max() >= shape[0]):
        raise ValueError("rows of a sparse array that do not fit")
    for _ in range(2 if is_complex else 1):
        _check_length(next(parts), int(columns[-1]))
