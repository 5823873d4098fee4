"""Folders of numbered files: which number counts, and how many files are open at a time."""

import os

import h5py
import numpy as np
import pytest
from made_recordings import twitching

from kmu.errors import InputError
from kmu.reading import open_recording
from kmu.reading.several import recordings_of

VELOCITY = twitching([(6, 5), (16, 14)], seconds=1.2)[0].velocity
SAID = {"axes": "zxt", "frame_rate": 250.0, "spacing": (1.0, 0.5)}


@pytest.mark.parametrize(
    "name",
    ["US_{:04d}_500Hz", "frame{:04d}_2024-05-01", "2024-05-01_f{}", "S01_{}_v2", "{} [1]"],
)
def test_the_number_that_counts_up_is_the_number(tmp_path, name):
    for i, frame in enumerate(VELOCITY):
        np.save(tmp_path / f"{name.format(i)}.npy", frame)
    (tmp_path / f"._{name.format(0)}.npy").write_bytes(b"\0\5\x16\7")
    np.testing.assert_array_equal(open_recording(tmp_path, **SAID).load().velocity, VELOCITY)


def test_no_number_that_counts_up_is_refused(tmp_path):
    for part in ("a_1", "b_1", "a_2", "b_2"):
        np.save(tmp_path / f"{part}.npy", VELOCITY[0])
    with pytest.raises(InputError, match="two files number"):
        open_recording(tmp_path, **SAID)


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="open files are not told")
@pytest.mark.parametrize("form", ["npy", "h5"])
def test_only_some_files_are_open_at_a_time(tmp_path, form):
    for i, frame in enumerate(VELOCITY):
        if form == "npy":
            np.save(tmp_path / f"f{i}.npy", frame)
        else:
            with h5py.File(tmp_path / f"f{i}.h5", "w") as file:
                file["image"] = frame
    before = len(os.listdir("/proc/self/fd"))
    source = open_recording(tmp_path, **SAID)
    np.testing.assert_array_equal(source.load().velocity, VELOCITY)
    assert len(os.listdir("/proc/self/fd")) - before < 150


@pytest.mark.parametrize("version", [2, 3])
@pytest.mark.parametrize("packed", [False, True])
def test_a_zarr_store_is_named(tmp_path, version, packed):
    zarr = pytest.importorskip("zarr")
    path = tmp_path / ("r.zip" if packed else "r.zarr")
    store = zarr.storage.ZipStore(path, mode="w") if packed else zarr.storage.LocalStore(path)
    zarr.create_group(store, zarr_format=version).create_array("v", data=VELOCITY)
    store.close()
    with pytest.raises(InputError, match="a Zarr store, which kmu does not read: save it as"):
        open_recording(path, **SAID)
    if not packed:
        with pytest.raises(InputError, match="a Zarr store"):
            recordings_of(path)
