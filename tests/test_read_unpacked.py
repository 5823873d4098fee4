"""Compressed chunks of any shape, type and filter are unpacked to the numbers they hold."""

import sys

import h5py
import numpy as np
import pytest

from kmu.errors import InputError
from kmu.reading import read
from kmu.reading.hdf5_unpacked import Unpacked

FILTERS = [
    {"compression": "gzip"},
    {"compression": "gzip", "shuffle": True},
    {"compression": "gzip", "shuffle": True, "fletcher32": True},
    {"compression": "lzf"},
    {"compression": "gzip", "fillvalue": 2.0},
]


def unpacked(path, values, chunks, **how):
    with h5py.File(path, "w") as file:
        file.create_dataset("v", data=values, chunks=chunks, **how)
    return Unpacked(h5py.File(path)["v"], path, "an HDF5 file")


def pieces(shape, rng):
    """Slices that cut some axes and leave others whole."""
    return tuple(
        slice(*sorted(rng.integers(0, size + 1, 2).tolist())) if rng.random() < 0.6 else slice(None)
        for size in shape
    )


@pytest.mark.parametrize("fast", [True, False])
@pytest.mark.parametrize("how", FILTERS)
@pytest.mark.parametrize("shape", [(50, 13, 17), (13, 17, 50), (7, 9, 11, 5)])
def test_any_piece_is_what_was_packed(tmp_path, shape, how, fast, monkeypatch):
    if fast:
        pytest.importorskip("deflate")
    else:
        monkeypatch.setitem(sys.modules, "deflate", None)
    rng = np.random.default_rng(3)
    for trial, dtype in enumerate(["f4", ">f8", "i2", "f4"]):
        values = (100 * rng.standard_normal(shape)).astype(dtype)
        chunks = tuple(int(rng.integers(1, size + 1)) for size in shape)
        growing = {"maxshape": (None,) * len(shape)} if trial == 3 else {}
        if growing:  # chunks may be larger than the array
            chunks = tuple(step + 3 for step in chunks)
        copy = unpacked(tmp_path / f"{trial}.h5", values, chunks, **how, **growing)
        for _ in range(20):
            index = pieces(shape, rng)
            np.testing.assert_array_equal(copy[index], values[index])


def test_chunks_that_were_never_written_hold_the_fill_value(tmp_path):
    for fill in (0.0, 5.0):
        with h5py.File(tmp_path / f"{fill}.h5", "w") as file:
            item = file.create_dataset(
                "v", (40, 6, 6), "f4", chunks=(40, 3, 3), compression="gzip", fillvalue=fill
            )
            item[:, :3, :3] = 1.0
        with h5py.File(tmp_path / f"{fill}.h5") as file:
            copy = Unpacked(file["v"], tmp_path, "an HDF5 file")
            np.testing.assert_array_equal(copy[(slice(None),) * 3], file["v"][()])


@pytest.mark.parametrize("fast", [True, False])
def test_a_damaged_chunk_is_refused(tmp_path, fast, monkeypatch):
    if fast:
        pytest.importorskip("deflate")
    else:
        monkeypatch.setitem(sys.modules, "deflate", None)
    values = np.random.default_rng(0).standard_normal((40, 6, 6))
    with h5py.File(tmp_path / "r.h5", "w") as file:
        item = file.create_dataset("v", data=values, chunks=(40, 3, 3), compression="gzip")
        place = item.id.get_chunk_info(1).byte_offset
    broken = bytearray((tmp_path / "r.h5").read_bytes())
    broken[place + 40 : place + 60] = bytes(20)
    (tmp_path / "r.h5").write_bytes(broken)
    with h5py.File(tmp_path / "r.h5") as file, pytest.raises(InputError, match="damaged"):
        Unpacked(file["v"], tmp_path / "r.h5", "an HDF5 file")


@pytest.mark.parametrize("packed", [{}, {"compression": "gzip"}])
def test_a_damaged_list_of_chunks_is_one_sentence(tmp_path, packed):
    path = tmp_path / "r.h5"
    with h5py.File(path, "w") as file:
        file.create_dataset("v", data=np.ones((40, 12, 16), "f4"), chunks=(8, 6, 8), **packed)
    whole = bytearray(path.read_bytes())
    # HDF5's tree of a dataset's chunks: node type 1; its first key and address begin at byte 24.
    tree = whole.find(b"TREE\x01")
    whole[tree + 24 : tree + 72] = b"\x7f" * 48
    path.write_bytes(whole)
    with pytest.raises(InputError, match=r"damaged or truncated$"):
        read(path, axes="tzx", frame_rate=250.0, spacing=(1.0, 0.5))
