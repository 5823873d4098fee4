"""Plain numeric arrays of MATLAB v5 files, read in pieces.

SciPy loads a variable whole. Here only the tags are parsed (MAT-File Format, The MathWorks, level
5); the values stay in the file or, where they are compressed, are unpacked once into a temporary
file, so that memory does not grow with the recording.
"""

import os
import struct
import tempfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from kmu.errors import InputError

_COMPRESSED, _MATRIX = 15, 14
_TYPES = {
    1: "i1",
    2: "u1",
    3: "i2",
    4: "u2",
    5: "i4",
    6: "u4",
    7: "f4",
    9: "f8",
    12: "i8",
    13: "u8",
}
_NUMERIC_CLASSES = range(6, 16)
_CLASSES = {1: "cell", 2: "struct", 4: "char", 5: "sparse", 16: "function"}
_OPAQUE = 17
_COMPLEX, _LOGICAL = 0x0800, 0x0200
_HEAD = 4096
_PIECE = 2**20


@dataclass(frozen=True)
class Plain:
    """A full, real, numeric array of the file and where its values are.

    Attributes:
        shape: as MATLAB shows it.
        dtype: as stored, which may be smaller than the class MATLAB shows.
        start: of its element in the file, behind the tag.
        size: bytes of the element.
        compressed: whether the element is.
        offset: of the values in the (unpacked) element.
    """

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    start: int
    size: int
    compressed: bool
    offset: int


@dataclass(frozen=True)
class Element:
    """One variable of the file.

    Attributes:
        name: as MATLAB shows it.
        kind: "number", "char", "struct", "cell", or what else it is, such as an object's class.
        shape: as MATLAB shows it; empty for objects.
        start: of its element in the file, its tag included.
        size: bytes of the element, its tag included.
        plain: where its values are, if they can be read in pieces.
    """

    name: str
    kind: str
    shape: tuple[int, ...]
    start: int
    size: int
    plain: Plain | None


def elements(path: Path) -> list[Element]:
    """The variables of a file.

    Raises:
        InputError: if the file ends within a variable.
    """
    found: list[Element] = []
    length = path.stat().st_size
    with path.open("rb") as file:
        order = "<" if file.read(128)[126:128] == b"IM" else ">"
        while len(tag := file.read(8)) == 8:
            kind, size = struct.unpack(order + "II", tag)
            start = file.tell()
            if start + size > length:
                raise InputError(f"{path} ends too early: damaged or truncated")
            head, skipped = file.read(min(size, _HEAD)), 0
            if kind == _COMPRESSED:
                head, skipped = zlib.decompressobj().decompress(head, _HEAD), 8
                kind = struct.unpack(order + "I", head[:4])[0] if len(head) >= 8 else 0
            if kind == _MATRIX:
                element = _described(head[skipped:], order, start, size, skipped)
                if element is not None and element.name:  # MATLAB's own workspace has no name
                    found.append(element)
            file.seek(start + size)
    return found


def objects_at(path: Path) -> tuple[int, str]:
    """Where the values of MATLAB's objects are kept (0 for nowhere), and "<" or ">"."""
    with path.open("rb") as file:
        head = file.read(128)
    order = "<" if head[126:128] == b"IM" else ">"
    place = int(struct.unpack(order + "Q", head[116:124])[0])
    return (0 if place >= path.stat().st_size or head[116:124] == b" " * 8 else place), order


def packed(path: Path, element: Element) -> bytes:
    """A whole file that holds one variable only."""
    with path.open("rb") as file:
        # Without the place of the objects' workspace, which is not taken along.
        head = file.read(128)
        file.seek(element.start)
        return head[:116] + bytes(8) + head[124:128] + file.read(element.size)


def _described(head: bytes, order: str, start: int, size: int, skipped: int) -> Element | None:
    """What a variable is, from the beginning of its element; None if that cannot be told."""
    try:
        parts = _elements(head, order)
        flags = struct.unpack(order + "I", next(parts)[2][:4])[0]
        of_class = flags & 0xFF
        if of_class == _OPAQUE:
            name, _, kind = (next(parts)[2].decode("latin-1") for _ in range(3))
            return Element(name, kind, (), start - 8, size + 8, None)
        _, _, dimensions = next(parts)
        shape = struct.unpack(f"{order}{len(dimensions) // 4}i", dimensions)
        name = next(parts)[2].decode("latin-1")
        kind = "number" if of_class in _NUMERIC_CLASSES else _CLASSES.get(of_class, "object")
        element = Element(name, kind, tuple(shape), start - 8, size + 8, None)
        if kind != "number" or flags & (_COMPLEX | _LOGICAL) or min(shape) < 0:
            return element
        stored, offset, _ = next(parts)
    except (StopIteration, struct.error):
        return None
    if stored not in _TYPES:
        return element
    dtype = np.dtype(order + _TYPES[stored])
    plain = Plain(tuple(shape), dtype, start, size, skipped > 0, offset + skipped)
    return replace(element, plain=plain)


def _elements(head: bytes, order: str) -> Iterator[tuple[int, int, bytes]]:
    """Type, offset of the values and values (as far as they are at hand) of each element."""
    at = 0
    while at + 8 <= len(head):
        kind, size = struct.unpack(order + "II", head[at : at + 8])
        if kind >> 16:
            # The small form: size and type share four bytes, the values are in the next four.
            size, kind = kind >> 16, kind & 0xFFFF
            yield kind, at + 4, head[at + 4 : at + 4 + size]
            at += 8
        else:
            yield kind, at + 8, head[at + 8 : at + 8 + size]
            at += 8 + size + (-size) % 8


class PlainReader:
    """Reads parts of a plain array; slices are in MATLAB's order of axes.

    Raises:
        InputError: (when called) if the file ends too early or its compressed data are damaged.
    """

    def __init__(self, path: Path, array: Plain) -> None:
        self.path, self.array = path, array
        self._unpacked: IO[bytes] | None = None

    def __call__(self, index: tuple[slice, ...]) -> NDArray[Any]:
        """The part of the array that one slice for each axis selects."""
        array = self.array
        if array.compressed:
            if self._unpacked is None:
                self._unpacked = self._unpack()
            return self._part(self._unpacked, 0, index)
        with self.path.open("rb") as file:
            return self._part(file, array.start + array.offset, index)

    def _part(self, file: IO[bytes], base: int, index: tuple[slice, ...]) -> NDArray[Any]:
        shape, dtype = self.array.shape, self.array.dtype
        image = int(np.prod(shape[:-1]))
        whole_images = all(
            part.indices(size) == (0, size, 1)
            for part, size in zip(index[:-1], shape[:-1], strict=True)
        )
        first, last, step = index[-1].indices(shape[-1])
        if whole_images and step == 1:
            # MATLAB stores column by column, so the last axis is the slowest: one stretch.
            file.seek(base + first * image * dtype.itemsize)
            images = max(last - first, 0)
            wanted = images * image * dtype.itemsize
            if file.tell() + wanted > os.fstat(file.fileno()).st_size:
                raise InputError(f"{self.path} ends too early: damaged or truncated")
            data = file.read(wanted)
            if len(data) < wanted:
                raise InputError(f"{self.path} ends too early: damaged or truncated")
            return np.frombuffer(data, dtype).reshape((*shape[:-1], images), order="F")
        mapped = np.memmap(file, dtype, "r", base, shape, order="F")
        return np.array(mapped[index])

    def _unpack(self) -> IO[bytes]:
        """The values, unpacked piece by piece into a file without a name."""
        array = self.array
        wanted = int(np.prod(array.shape)) * array.dtype.itemsize
        target = tempfile.TemporaryFile()  # noqa: SIM115
        unpacker = zlib.decompressobj()
        skip, left, written = array.offset, array.size, 0
        try:
            with self.path.open("rb") as file:
                file.seek(array.start)
                while left > 0 and (packed := file.read(min(left, _PIECE))):
                    left -= len(packed)
                    data = unpacker.decompress(packed)
                    dropped = min(skip, len(data))
                    skip -= dropped
                    data = data[dropped : dropped + wanted - written]
                    target.write(data)
                    written += len(data)
            damaged = not unpacker.eof
        except zlib.error:
            damaged = True
        except OSError as error:
            raise InputError(
                f"no room for a temporary copy in {tempfile.gettempdir()}: "
                f"{error.strerror or error}"
            ) from error
        if damaged or written < wanted:
            raise InputError(f"{self.path} cannot be unpacked: damaged or truncated")
        target.flush()
        return target
