"""A compressed HDF5 array, unpacked once into a temporary file.

The file holds one chunk after the other, as they are stored: each is written at once, by whatever
thread has unpacked it, and a piece of the array is gathered from the chunks it lies in.
"""

import importlib
import itertools
import os
import tempfile
import zlib
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from h5py._objects import phil
from numpy.typing import NDArray

from kmu.errors import InputError
from kmu.reading.contents import damaged

Index = tuple[slice, ...]


class Unpacked:
    """Reads parts of a dataset from its unpacked copy.

    Args:
        item: the dataset, in chunks.
        path: its file, for messages.
        form: the file's format in words, for messages.

    Raises:
        InputError: if there is no room for the copy, or the file is damaged.
    """

    def __init__(self, item: h5py.Dataset, path: Path, form: str) -> None:
        self.shape, self.dtype = item.shape, item.dtype
        # A chunk may be larger than its array.
        self.cell = tuple(map(min, item.chunks, item.shape))
        self.grid = tuple(
            -(-size // step) for size, step in zip(item.shape, self.cell, strict=True)
        )
        self._bytes = int(np.prod(self.cell)) * item.dtype.itemsize
        self._file = tempfile.TemporaryFile()  # noqa: SIM115
        try:
            os.posix_fallocate(self._file.fileno(), 0, self._bytes * int(np.prod(self.grid)))
        except OSError as error:
            raise InputError(
                f"no room for a temporary copy in {tempfile.gettempdir()}: "
                f"{error.strerror or error}"
            ) from error
        with damaged(path, form):
            self._unpack(item)
        self._chunks = np.memmap(self._file, item.dtype, "r", 0, (*self.grid, *self.cell))

    def __getitem__(self, index: Index) -> NDArray[Any]:
        """The part that one slice for each axis selects."""
        spans = [range(*part.indices(n)) for part, n in zip(index, self.shape, strict=True)]
        result = np.empty([len(span) for span in spans], self.dtype)
        # Axes that are cut are walked chunk by chunk, the others are taken whole.
        cut = [len(span) < size for span, size in zip(spans, self.shape, strict=True)]
        walks = [
            range(span.start // step, -(-span.stop // step)) if is_cut else (None,)
            for span, step, is_cut in zip(spans, self.cell, cut, strict=True)
        ]
        for corner in itertools.product(*walks) if result.size else ():
            places, insides = [], []
            for at, span, step in zip(corner, spans, self.cell, strict=True):
                first = 0 if at is None else at * step
                low, high = max(span.start, first), min(span.stop, first + step)
                places.append(
                    slice(None) if at is None else slice(low - span.start, high - span.start)
                )
                insides.append(slice(None) if at is None else slice(low - first, high - first))
            block = self._chunks[tuple(slice(None) if at is None else at for at in corner)]
            result[tuple(places)] = self._joined(block, insides, cut)
        return result

    def _joined(self, block: NDArray[Any], insides: list[slice], cut: list[bool]) -> NDArray[Any]:
        """Chunks side by side along the axes that are not cut: (chunks of these, inside all)."""
        whole = [axis for axis, is_cut in enumerate(cut) if not is_cut]
        part = block[(*(slice(None) for _ in whole), *insides)]
        order: list[int] = []
        for axis in range(len(cut)):
            order += [whole.index(axis)] if axis in whole else []
            order.append(len(whole) + axis)
        sizes = [
            part.shape[len(whole) + axis] * (self.grid[axis] if axis in whole else 1)
            for axis in range(len(cut))
        ]
        joined = part.transpose(order).reshape(sizes)
        return joined[tuple(slice(0, size) for size in self.shape)]

    def _unpack(self, item: h5py.Dataset) -> None:
        """Writes every chunk to its place.

        HDF5 is asked under h5py's own lock: its functions for chunks do not take it (h5py 3.14),
        and whenever another thread lets go of an HDF5 object meanwhile, both would be in the
        library.
        """
        shuffled = _plainly_packed(item)
        if shuffled is None:
            for corner in np.ndindex(*self.grid):
                self._store(corner, self._plain(item, corner))
            return
        inflate, workers = _inflate(), len(os.sched_getaffinity(0))
        with ThreadPoolExecutor(workers) as pool:
            waiting: deque[Future[None]] = deque()
            for number in range(item.id.get_num_chunks()):
                with phil:
                    place = item.id.get_chunk_info(number).chunk_offset
                    mask, packed = item.id.read_direct_chunk(place)
                corner = tuple(at // step for at, step in zip(place, item.chunks, strict=True))
                if mask:  # a filter was left out for this chunk
                    self._store(corner, self._plain(item, corner))
                    continue
                waiting.append(pool.submit(self._unpacked, item, corner, packed, shuffled, inflate))
                if len(waiting) > 2 * workers:
                    waiting.popleft().result()
            for done in waiting:
                done.result()

    def _unpacked(
        self,
        item: h5py.Dataset,
        corner: tuple[int, ...],
        packed: bytes,
        shuffled: bool,
        inflate: Callable[[bytes, int], bytes],
    ) -> None:
        """Unpacks one chunk; zlib, NumPy and writing let threads work side by side."""
        size, width = int(np.prod(item.chunks)), item.dtype.itemsize
        data = inflate(packed, size * width)
        if len(data) != size * width:
            raise ValueError("a chunk ends too early")
        if shuffled:  # all first bytes, then all second ones, ...
            data = np.frombuffer(data, np.uint8).reshape(width, size).T.tobytes()
        self._store(corner, np.frombuffer(data, item.dtype).reshape(item.chunks))

    def _plain(self, item: h5py.Dataset, corner: tuple[int, ...]) -> NDArray[Any]:
        """One chunk as HDF5 reads it; at the end of an axis it is smaller."""
        return np.asarray(
            item[tuple(slice(k * c, (k + 1) * c) for k, c in zip(corner, self.cell, strict=True))]
        )

    def _store(self, corner: tuple[int, ...], values: NDArray[Any]) -> None:
        values = values[tuple(slice(0, size) for size in self.cell)]
        if values.shape != self.cell:
            missing = zip(self.cell, values.shape, strict=True)
            values = np.pad(values, [(0, size - here) for size, here in missing])
        number = int(np.ravel_multi_index(corner, self.grid))
        left = np.ascontiguousarray(values).reshape(-1).view(np.uint8).data
        place = number * self._bytes
        while left:
            written = os.pwrite(self._file.fileno(), left, place)
            left, place = left[written:], place + written


def _inflate() -> Callable[[bytes, int], bytes]:
    """Unpacks so many bytes: by libdeflate where its wrapper is installed, nearly twice as fast."""
    try:
        unpack: Callable[[bytes, int], bytes] = importlib.import_module("deflate").zlib_decompress
    except ImportError:
        return lambda packed, size: zlib.decompressobj().decompress(packed, size)
    return unpack


def _plainly_packed(item: h5py.Dataset) -> bool | None:
    """Whether chunks are shuffled before gzip packs them; None if anything else is done to them."""
    listed = item.id.get_create_plist()
    filters = [listed.get_filter(i)[0] for i in range(listed.get_nfilters())]
    plain = filters in (
        [h5py.h5z.FILTER_DEFLATE],
        [h5py.h5z.FILTER_SHUFFLE, h5py.h5z.FILTER_DEFLATE],
    )
    # A chunk that was never written is full of the fill value, of which the copy has zeros.
    return len(filters) == 2 if plain and not item.fillvalue else None
