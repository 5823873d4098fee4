"""Parts of an HDF5 array, whatever its filters and chunks are.

A chunk is unpacked whole, however little of it is asked for. Where chunks reach far along the axis
that is read in pieces, each would be unpacked once a piece; there the array is unpacked once, into
a temporary file, on all cores where its chunks are packed with gzip.
"""

import importlib.util
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from kmu.errors import InputError
from kmu.reading.contents import damaged
from kmu.reading.hdf5_unpacked import Unpacked

# Chunks that reach further than this along the axis read in pieces are unpacked once.
_FAR = 64


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
        self._unpacked: Unpacked | None = None

    def __call__(self, index: tuple[slice, ...]) -> NDArray[Any]:
        """The part that one slice for each axis, in the order of HDF5, selects."""
        if self._unpacked is None:
            with damaged(self.path, self.form):
                self._check_filters()
                self._check_elsewhere()
                worth = self._worth_unpacking(index)
            if worth:
                self._unpacked = Unpacked(self.item, self.path, self._packed_form())
        if self._unpacked is not None:
            return self._unpacked[index]
        with damaged(self.path, self._packed_form()):
            return np.asarray(self.item[index])

    def _packed_form(self) -> str:
        """What the file is, and who packed its numbers where HDF5 alone cannot tell."""
        plugins = [name for code, name in _filters(self.item) if code >= _REGISTERED]
        packed = f" in which {' and '.join(plugins)} packed {self.item.name}"
        return f"{self.form}{packed if plugins else ''}"

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


def missing_filters(item: h5py.Dataset) -> list[str]:
    """The filters that reading a dataset needs and this HDF5 does not have, in words."""
    return [
        f"{name} (HDF5 filter {code})"
        for code, name in _filters(item)
        if not h5py.h5z.filter_avail(code)
    ]


def _filters(item: h5py.Dataset) -> list[tuple[int, str]]:
    """Number and name of each filter that packed a dataset."""
    listed = item.id.get_create_plist()
    found = []
    for i in range(listed.get_nfilters()):
        code, _, _, name = listed.get_filter(i)
        word = _NAMES.get(code) or name.decode("utf-8", "replace") or "an unnamed filter"
        found.append((code, word))
    return found


# Numbers below are HDF5's own filters, from here on those of plugins.
_REGISTERED = 256
_NAMES = {
    307: "bzip2", 32000: "LZF", 32001: "Blosc", 32004: "LZ4", 32008: "bitshuffle", 32013: "ZFP",
    32015: "Zstandard", 32017: "SZ", 32026: "Blosc2",
}  # fmt: skip
