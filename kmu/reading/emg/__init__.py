"""Motor units found in EMG, in the files of the programs that find them; one module a format.

A format is a name for messages, a test by the file's first bytes (or its folder's contents), and a
reader. The first one whose test holds reads the file, so the table of text, which everything may
be, stands last.
"""

from collections.abc import Callable
from pathlib import Path

from kmu.reading.emg import matlab, nwb, openhdemg, openhdemg_folder, table
from kmu.reading.emg.units import EmgUnits

Test = Callable[[Path, bytes], bool]
Reader = Callable[[Path, float | None], EmgUnits]

FORMATS: tuple[tuple[str, Test, Reader], ...] = (
    ("an openhdemg folder", openhdemg_folder.is_it, openhdemg_folder.read),
    ("an openhdemg file", openhdemg.is_it, openhdemg.read),
    ("an NWB file", nwb.is_it, nwb.read),
    ("a MATLAB file", matlab.is_it, matlab.read),
    ("a table of firings", table.is_it, table.read),
)
