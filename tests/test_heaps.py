"""Heaps of HDF5 that the library would walk through for ever are refused before it does."""

import h5py
import numpy as np
import pytest

from kmu.errors import InputError
from kmu.heaps import check_heaps
from kmu.motor_units import MotorUnits
from kmu.reading import contents
from kmu.reading.firings import read_emg_units


def write(path, count=3):
    """Texts of any length, some of which are taken out again; returns where the heap is."""
    with h5py.File(path, "w") as file:
        file["v"] = np.zeros((4, 3, 2))
        for k in range(count):
            file["v"].attrs[f"note{k}"] = "x" * (40 + 7 * k)
        del file["v"].attrs["note1"]
        file["words"] = ["a", "bc", ""]
    return path.read_bytes().index(b"GCOL")


def broken(path, at, content):
    whole = bytearray(path.read_bytes())
    whole[at : at + len(content)] = content
    path.write_bytes(bytes(whole))


@pytest.mark.parametrize("count", [3, 200])
def test_intact_heaps_are_read(tmp_path, count):
    write(tmp_path / "r.h5", count)
    check_heaps(tmp_path / "r.h5")
    assert contents(tmp_path / "r.h5").variables[0].attributes["note0"] == "x" * 40


@pytest.mark.parametrize(
    ("behind", "content"),
    [(16, bytes(200)), (16, bytes(4080)), (24, b"\xf0" + b"\xff" * 7), (16, bytes(8) + bytes(8))],
    ids=["a hole", "all of it", "a size that steps back", "the first object"],
)
def test_a_heap_with_a_hole_is_refused_and_the_library_never_asked(tmp_path, behind, content):
    path = tmp_path / "r.h5"
    broken(path, write(path) + behind, content)
    for read in (contents, MotorUnits.load, read_emg_units):
        with pytest.raises(InputError, match="damaged: a heap of its texts"):
            read(path)


def test_numbers_that_look_like_a_heap_are_none(tmp_path):
    said = np.frombuffer(b"GCOL\x02\x00\x00\x00" + bytes(8), np.uint8)
    with h5py.File(tmp_path / "r.h5", "w") as file:
        file["v"] = np.tile(said, 100)
    check_heaps(tmp_path / "r.h5")


def test_heaps_at_the_end_of_a_large_file_are_looked_at(tmp_path):
    path = tmp_path / "r.h5"
    with h5py.File(path, "w") as file:
        file["v"] = np.zeros(80 * 2**20 // 8)
        file.attrs["late"] = "text"
    at = path.read_bytes().rindex(b"GCOL")
    check_heaps(path)
    broken(path, at + 16, bytes(100))
    with pytest.raises(InputError, match=f"at byte {at}"):
        check_heaps(path)
