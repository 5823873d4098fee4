"""The formats of recordings: the bytes that tell each, and what lists the arrays of its files."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from kmu.reading import hdf5, mat5, numpy_file, zea
from kmu.reading.contents import Contents


@dataclass(frozen=True)
class Format:
    """One format.

    Attributes:
        name: with the usual ending, as the user is told it.
        signatures: bytes that tell it.
        contents: lists what is in a file.
        places: where in a file one of the signatures stands.
    """

    name: str
    signatures: tuple[bytes, ...]
    contents: Callable[[Path], Contents]
    places: tuple[int, ...] = (0,)

    def tells(self, head: bytes) -> bool:
        """Whether the first 2048 bytes are those of a file of this format."""
        return any(head.startswith(self.signatures, place) for place in self.places)


def _hdf5_contents(path: Path) -> Contents:
    found = hdf5.contents(path)
    return zea.described(found) if zea.is_zea(found) else found


# The first that tells counts: MATLAB v7.3 is HDF5 behind a block that begins as v5 does.
FORMATS = (
    Format("HDF5 (.h5)", (b"\x89HDF\r\n\x1a\n",), _hdf5_contents, places=(0, 512, 1024)),
    Format("NumPy (.npy, .npz)", (b"\x93NUMPY",), numpy_file.npy_contents),
    Format("NumPy (.npy, .npz)", (b"PK\x03\x04",), numpy_file.npz_contents),
    Format("MATLAB (.mat)", (b"MATLAB",), mat5.contents),
)
_NAMES = list(dict.fromkeys(one.name for one in FORMATS))
READABLE = f"{', '.join(_NAMES[:-1])} and {_NAMES[-1]} files"
"""What can be read, in words."""
