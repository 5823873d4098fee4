"""Parts of an HDF5 array, whatever its filters and chunks are.

A chunk is unpacked whole, however little of it is asked for. Where chunks reach far along the axis
that is read in pieces, each would be unpacked once a piece; there the array is unpacked once, into
a temporary file, on all cores where its chunks are packed with gzip.
"""

import importlib.util
import os
import tempfile
import zlib
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from h5py._objects import phil
from numpy.typing import NDArray

from kmu.errors import InputError
from kmu.reading.contents import damaged

# Chunks that reach further than this along the axis read in pieces are unpacked once.
_FAR = 64
_BAND_BYTES = 128 * 2**20


class ArrayReader:
    """Reads parts of one dataset.

    Args:
        item: the dataset.
        path: its file, for messages.
        form: the file's format in words, for messages.

    Raises:
        InputError: (when called) if a filter is missing, or the file is damaged there.
    """

    def __init__(self, item: h5py.Dataset, path: Path, form: str) -> None:
        self.item, self.path, self.form = item, path, form
        self._unpacked: NDArray[Any] | None = None

    def __call__(self, index: tuple[slice, ...]) -> NDArray[Any]:
        """The part that one slice for each axis, in the order of HDF5, selects."""
        if self._unpacked is None:
            self._check_filters()
            self._check_elsewhere()
            if self._worth_unpacking(index):
                self._unpacked = self._unpack()
        if self._unpacked is not None:
            return np.array(self._unpacked[index])
        with damaged(self.path, self.form):
            return np.asarray(self.item[index])

    def _check_filters(self) -> None:
        missing = missing_filters(self.item)
        if missing and importlib.util.find_spec("hdf5plugin"):
            # Importing it makes its filters known to HDF5.
            importlib.import_module("hdf5plugin")
            missing = missing_filters(self.item)
        if missing:
            raise InputError(
                f"{self.path}: {self.item.name} is compressed with {' and '.join(missing)}, which "
                "needs a plugin: pip install hdf5plugin, or save it anew with gzip"
            )

    def _check_elsewhere(self) -> None:
        """Refuses numbers that were never written, or are kept in a file that is not there.

        HDF5 would give zeros for them.
        """
        item, where = self.item, f"{self.path}: {self.item.name}"
        names = [source[0] for source in item.external or ()]
        if item.is_virtual:
            names += [source.file_name for source in item.virtual_sources()]
        for name in names:
            # "%b" stands for the numbers of several files.
            here = name == "." or "%" in name or Path(name).exists()
            if not here and not (self.path.parent / name).exists():
                raise InputError(f"{where} is kept in {name}, which is not there: put it back")
        if not names and item.size and item.id.get_storage_size() == 0:
            raise InputError(f"{where} is empty: its numbers were never written")

    def _worth_unpacking(self, index: tuple[slice, ...]) -> bool:
        item = self.item
        if item.chunks is None or item.id.get_create_plist().get_nfilters() == 0:
            return False
        parts = zip(index, item.shape, item.chunks, strict=True)
        return any(
            chunk > max(_FAR, len(range(*part.indices(size)))) for part, size, chunk in parts
        )

    def _unpack(self) -> NDArray[Any]:
        """The whole array in a file without a name, each chunk unpacked once."""
        item = self.item
        size = int(np.prod(item.shape)) * item.dtype.itemsize
        target = tempfile.TemporaryFile()  # noqa: SIM115
        try:
            os.posix_fallocate(target.fileno(), 0, size)
        except OSError as error:
            raise InputError(
                f"no room for a temporary copy in {tempfile.gettempdir()}: "
                f"{error.strerror or error}"
            ) from error
        mapped = np.memmap(target, item.dtype, "r+", 0, item.shape)
        if (shuffled := _plainly_packed(item)) is not None:
            with damaged(self.path, self.form):
                _unpack_chunks(item, mapped, shuffled)
            return mapped
        # Whole rows of chunks where memory allows: they lie together in the copy.
        step = list(item.chunks)
        for axis in reversed(range(item.ndim)):
            wider = [*step[:axis], item.shape[axis], *step[axis + 1 :]]
            if np.prod(wider, dtype=float) * item.dtype.itemsize > _BAND_BYTES:
                break
            step = wider
        with damaged(self.path, self.form):
            for corner in np.ndindex(*(-(-n // s) for n, s in zip(item.shape, step, strict=True))):
                band = tuple(slice(c * s, (c + 1) * s) for c, s in zip(corner, step, strict=True))
                mapped[band] = item[band]
        return mapped


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


def _unpack_chunks(item: h5py.Dataset, target: NDArray[Any], shuffled: bool) -> None:
    """Writes every chunk to its place; zlib and NumPy let threads work side by side.

    HDF5 is asked under h5py's own lock: its functions for chunks do not take it (h5py 3.14), and
    whenever another thread lets go of an HDF5 object meanwhile, both would be in the library.
    """
    size, width = int(np.prod(item.chunks)), item.dtype.itemsize

    def unpack(place: tuple[slice, ...], packed: bytes) -> None:
        unpacker = zlib.decompressobj()
        data = unpacker.decompress(packed, size * width)
        if len(data) != size * width:
            raise ValueError("a chunk ends too early")
        if shuffled:  # all first bytes, then all second ones, ...
            data = np.frombuffer(data, np.uint8).reshape(width, size).T.tobytes()
        values = np.frombuffer(data, item.dtype).reshape(item.chunks)
        target[place] = values[tuple(slice(0, part.stop - part.start) for part in place)]

    workers = len(os.sched_getaffinity(0))
    with ThreadPoolExecutor(workers) as pool:
        waiting: deque[Future[None]] = deque()
        for number in range(item.id.get_num_chunks()):
            with phil:
                corner = item.id.get_chunk_info(number).chunk_offset
                mask, packed = item.id.read_direct_chunk(corner)
            place = tuple(
                slice(first, min(first + step, end))
                for first, step, end in zip(corner, item.chunks, item.shape, strict=True)
            )
            if mask:  # a filter was left out for this chunk
                target[place] = item[place]
                continue
            waiting.append(pool.submit(unpack, place, packed))
            if len(waiting) > 2 * workers:
                waiting.popleft().result()
        for unpacked in waiting:
            unpacked.result()


def missing_filters(item: h5py.Dataset) -> list[str]:
    """The filters that reading a dataset needs and this HDF5 does not have, in words."""
    listed = item.id.get_create_plist()
    missing = []
    for i in range(listed.get_nfilters()):
        code, _, _, name = listed.get_filter(i)
        if not h5py.h5z.filter_avail(code):
            word = _NAMES.get(code) or name.decode("utf-8", "replace") or "an unnamed filter"
            missing.append(f"{word} (HDF5 filter {code})")
    return missing


_NAMES = {
    307: "bzip2", 32000: "LZF", 32001: "Blosc", 32004: "LZ4", 32008: "bitshuffle", 32013: "ZFP",
    32015: "Zstandard", 32017: "SZ", 32026: "Blosc2",
}  # fmt: skip
