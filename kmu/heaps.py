"""HDF5's global heaps, where texts of any length lie: damaged ones would never end to be read.

The library walks through a heap from one object to the next; where a hole of zeros or a wrong size
makes a step of nothing, it walks for ever.
"""

import mmap
import os
import struct
from pathlib import Path

from kmu.errors import InputError

_SIGNATURE = b"GCOL\x01\x00\x00\x00"
# Heaps are written before or behind large arrays: so much is looked at from either end.
_REACH = 32 * 2**20
_HEADER = 16
_LONGEST = 2**63


def check_heaps(path: str | os.PathLike[str]) -> None:
    """Refuses an HDF5 file with a heap whose objects do not follow one another.

    Raises:
        InputError: if there is one.
        OSError: if the file cannot be read.
    """
    if not Path(path).stat().st_size:
        return
    with (
        Path(path).open("rb") as file,
        mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content,
    ):
        size = len(content)
        parts = [(0, size)] if size <= 2 * _REACH else [(0, _REACH), (size - _REACH, size)]
        for start, stop in parts:
            at = content.find(_SIGNATURE, start, stop)
            while at >= 0:
                if _is_endless(content, at):
                    raise InputError(
                        f"{path} is damaged: a heap of its texts, at byte {at}, has a hole; copy "
                        "it anew"
                    )
                at = content.find(_SIGNATURE, at + 1, stop)


def _is_endless(content: mmap.mmap, at: int) -> bool:
    """Whether the walk through the heap at a byte of a file does not get to its end."""
    if at + _HEADER > len(content):
        return False
    end = at + struct.unpack_from("<Q", content, at + 8)[0]
    place = at + _HEADER
    while place + _HEADER <= min(end, len(content)):
        number, size = struct.unpack_from("<H6xQ", content, place)
        # Free space counts its own header, an object does not and is filled up to eight bytes.
        step = (size if number == 0 else _HEADER + -(-size // 8) * 8) % 2**64
        if step == 0 or step >= _LONGEST:
            return True
        place += step
    return False
