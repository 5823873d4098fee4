"""Neurodata Without Borders: the units table, whose spike times are seconds.

Read with h5py alone, so that pynwb is not needed: the table is two columns, all times one after
the other and where each unit's times end (NWB 2, ``units/spike_times`` and its index).
"""

from pathlib import Path

import numpy as np

from kmu.errors import InputError
from kmu.reading.contents import damaged
from kmu.reading.emg.units import EmgUnits, by_number
from kmu.recording import open_hdf5

_HIGHEST_ID = 1000
_HDF5 = b"\x89HDF\r\n\x1a\n"


def is_it(path: Path, head: bytes) -> bool:
    """Whether it is an HDF5 file of NWB's names."""
    if not head.startswith(_HDF5):
        return False
    with damaged(path, "an HDF5 file"), open_hdf5(path) as file:
        return "nwb_version" in file.attrs or "units/spike_times" in file


def read(path: Path, rate: float | None = None) -> EmgUnits:
    """Reads the units by their ids; ``rate`` has no meaning here."""
    with damaged(path, "an NWB file"), open_hdf5(path) as file:
        if "units/spike_times_index" not in file:
            raise InputError(f"{path} is an NWB file without a units table that has spike times")
        stored = file["units/spike_times"]
        ends = np.asarray(file["units/spike_times_index"][()], np.int64)
        # Before they are read: a damaged file may declare any number of times.
        if (np.diff(ends, prepend=0) < 0).any() or (ends.size and ends[-1] != stored.size):
            raise InputError(f"{path}: the index of its spike times does not fit them")
        times = np.asarray(stored[()], np.float64) if ends.size else np.zeros(0)
        firings = np.split(times, ends[:-1]) if ends.size else []
        ids = np.asarray(file["units/id"][()]).ravel() if "units/id" in file else np.zeros(0)
    numbers = [int(number) for number in ids]
    usable = len(set(numbers)) == len(numbers) == len(firings)
    # Ids may be anything, such as a hash; then the order of the table counts.
    if not usable or min(numbers, default=0) < 0 or max(numbers, default=0) > _HIGHEST_ID:
        return EmgUnits(str(path), firings)
    return by_number(str(path), dict(zip(numbers, firings, strict=True)))
