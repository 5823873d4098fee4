"""Reading what is not plain velocity: structs, cells, zea files, folders, IQ, RF, lost frames."""

import os
import shutil
import subprocess
from functools import lru_cache
from pathlib import Path

import h5py
import numpy as np
import pytest
import scipy.io
from made_recordings import twitching

from kmu.errors import InputError
from kmu.reading import open_recording
from kmu.reading import read as read_recording

RECORDING, _ = twitching([(6, 5), (16, 14)], seconds=1.2)
VELOCITY = RECORDING.velocity
SAID = {"frame_rate": 250.0, "spacing": (1.0, 0.5)}


def test_structs_and_cells_are_opened_one_level_deep_in_v5_files(tmp_path):
    struct = {"TVI": VELOCITY, "fs": 250.0, "dz": 1.0, "dx": 0.5, "note": "left leg"}
    cell = np.empty((1, 2), object)
    cell[0, 0], cell[0, 1] = VELOCITY, 2 * VELOCITY
    scipy.io.savemat(tmp_path / "r.mat", {"data": struct, "trials": cell})
    read = read_recording(tmp_path / "r.mat", "data.TVI", "tzx")
    np.testing.assert_array_equal(read.velocity, VELOCITY)
    assert read.spacing == (1.0, 0.5)
    read = read_recording(tmp_path / "r.mat", "trials{2}", "tzx", **SAID)
    np.testing.assert_array_equal(read.velocity, 2 * VELOCITY)


def test_structs_and_cells_are_opened_in_v73_files(tmp_path):
    with h5py.File(tmp_path / "r.mat", "w", userblock_size=512) as file:
        file["data/TVI"] = VELOCITY.T
        file["data/fs"] = np.array([[250.0]])
        file["data/spacing"] = np.array([[1.0], [0.5]])
        file["#refs#/a"] = 2 * VELOCITY.T
        cell = file.create_dataset("trials", (1, 1), h5py.ref_dtype)
        cell[0, 0] = file["#refs#/a"].ref
        cell.attrs["MATLAB_class"] = np.bytes_("cell")
    read = read_recording(tmp_path / "r.mat", "data.TVI", "tzx")
    np.testing.assert_array_equal(read.velocity, VELOCITY)
    read = read_recording(tmp_path / "r.mat", "trials{1}", "tzx", **SAID)
    np.testing.assert_array_equal(read.velocity, 2 * VELOCITY)


def test_zea_files_say_everything_themselves(tmp_path):
    with h5py.File(tmp_path / "r.hdf5", "w") as file:
        file.attrs["zea_version"] = "0.0.12"
        # (frames, x, z) in m/s, with the extent of the image in metres
        pixels = VELOCITY.transpose(0, 2, 1) / 1000
        file["data/tissue_doppler/pixels"] = pixels
        file["data/tissue_doppler/extent"] = np.array([0, 0.0195, 0, 0, 0.023, 0])
        file["scan/time_to_next_transmit"] = np.full((300, 2), 0.002)
        file["scan/center_frequency"] = np.float32(7e6)
    read = read_recording(tmp_path / "r.hdf5")
    np.testing.assert_allclose(read.velocity, VELOCITY, rtol=1e-5)
    assert read.frame_rate == pytest.approx(250)
    np.testing.assert_allclose(read.spacing, (1.0, 0.5), rtol=1e-6)


def test_a_folder_of_numbered_frames_is_stacked_in_the_order_of_numbers(tmp_path):
    for i, frame in enumerate(VELOCITY):
        np.save(tmp_path / f"frame_{i + 1}.npy", frame)
    (tmp_path / "notes.txt").write_text("left leg")
    read = read_recording(tmp_path, axes="zxt", **SAID)
    np.testing.assert_array_equal(read.velocity, VELOCITY)


def test_a_frame_missing_from_a_folder_is_bridged_with_a_warning(tmp_path):
    for i, frame in enumerate(VELOCITY):
        if i != 100:
            np.save(tmp_path / f"frame_{i:04}.npy", frame)
    source = open_recording(tmp_path, axes="zxt", **SAID)
    read = source.load()
    np.testing.assert_allclose(read.velocity[100], (VELOCITY[99] + VELOCITY[101]) / 2, atol=1e-6)
    assert "1 missing frames" in source.warnings[0]


def test_a_folder_of_stretches_is_joined_along_time(tmp_path):
    scalars = {"fs": 250.0, "dz": 1.0, "dx": 0.5}
    for number, (start, stop) in enumerate([(0, 80), (80, 250), (250, 300)]):
        part = VELOCITY[start:stop].transpose(1, 2, 0)
        scipy.io.savemat(tmp_path / f"part{number}.mat", {"TVI": part, **scalars})
    source = open_recording(tmp_path, axes="zxt")
    np.testing.assert_array_equal(source.frames(60, 270), VELOCITY[60:270])
    assert source.shape == VELOCITY.shape
    (tmp_path / "part1.mat").unlink()
    with pytest.raises(InputError, match="number 1 is missing"):
        open_recording(tmp_path, axes="zxt")


def test_displacement_is_differentiated(tmp_path):
    displacement = np.cumsum(VELOCITY.astype(float), axis=0) / 250 + 3.0
    np.save(tmp_path / "r.npy", 1000 * displacement)
    source = open_recording(tmp_path / "r.npy", axes="tzx", kind="displacement", unit="um", **SAID)
    smooth = (VELOCITY[1:] + VELOCITY[:-1]) / 2
    np.testing.assert_allclose(source.frames(1, 299), smooth[1:], atol=1e-3)
    np.testing.assert_array_equal(source.frames(100, 150), source.load().velocity[100:150])


def test_units_of_velocity_are_converted_and_wrong_ones_refused(tmp_path):
    np.save(tmp_path / "r.npy", VELOCITY)
    read = read_recording(tmp_path / "r.npy", axes="tzx", unit="m/s", **SAID)
    np.testing.assert_allclose(read.velocity, 1000 * VELOCITY, rtol=1e-6)
    for wrong in ("mm", "furlong/s"):
        with pytest.raises(InputError, match="choose from"):
            read_recording(tmp_path / "r.npy", axes="tzx", unit=wrong, **SAID)


@lru_cache
@pytest.mark.parametrize("void", [0.0, np.nan])
def test_short_gaps_are_bridged_and_the_rest_is_untouched(tmp_path, void):
    values = VELOCITY.copy()
    values[[50, 51, 52, 200]] = void
    np.save(tmp_path / "r.npy", values)
    source = open_recording(tmp_path / "r.npy", axes="tzx", **SAID)
    read = source.load().velocity
    kept = np.setdiff1d(np.arange(300), [50, 51, 52, 200])
    np.testing.assert_array_equal(read[kept], VELOCITY[kept])
    np.testing.assert_allclose(read[200], (VELOCITY[199] + VELOCITY[201]) / 2, atol=1e-6)
    np.testing.assert_array_equal(source.frames(51, 90), read[51:90])
    assert "4 missing frames" in source.warnings[0]


def test_long_gaps_are_refused_if_nan_and_warned_of_if_zero(tmp_path):
    values = VELOCITY.copy()
    values[100:140] = 0
    np.save(tmp_path / "zero.npy", values)
    source = open_recording(tmp_path / "zero.npy", axes="tzx", **SAID)
    np.testing.assert_array_equal(source.load().velocity[100:140], 0)
    assert "only zeros" in source.warnings[0]
    values[100:140] = np.nan
    np.save(tmp_path / "nan.npy", values)
    with pytest.raises(InputError, match="only NaN"):
        open_recording(tmp_path / "nan.npy", axes="tzx", **SAID).load()
    values[:] = VELOCITY
    values[30, 3, 4] = np.inf
    np.save(tmp_path / "inf.npy", values)
    with pytest.raises(InputError, match="first: frame 30"):
        open_recording(tmp_path / "inf.npy", axes="tzx", **SAID).load()


def test_times_of_frames_tell_the_rate_and_dropped_frames(tmp_path):
    kept = np.setdiff1d(np.arange(300), [80, 81, 190])
    time = kept / 250 + 12.5
    np.savez(tmp_path / "r.npz", velocity=VELOCITY[kept], time=time, dz=1.0, dx=0.5)
    source = open_recording(tmp_path / "r.npz", axes="tzx")
    assert source.frame_rate == pytest.approx(250)
    assert source.shape == VELOCITY.shape
    read = source.load().velocity
    np.testing.assert_array_equal(read[kept], VELOCITY[kept])
    np.testing.assert_allclose(read[190], (VELOCITY[189] + VELOCITY[191]) / 2, atol=1e-6)
    np.savez(tmp_path / "back.npz", velocity=VELOCITY[kept], time=time[::-1], dz=1.0, dx=0.5)
    with pytest.raises(InputError, match="do not ascend"):
        open_recording(tmp_path / "back.npz", axes="tzx", frame_rate=250)


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize("kind", ["single", "double", "int16", "whole numbers"])
def test_v5_arrays_are_read_in_pieces_whatever_their_type(tmp_path, kind, packed):
    values = (1000 * VELOCITY).transpose(1, 2, 0)
    values = {
        "single": values,
        "double": values.astype(float),
        "int16": values.astype(np.int16),
        "whole numbers": np.round(values).astype(float),
    }[kind]
    path = tmp_path / "r.mat"
    scipy.io.savemat(path, {"a": np.ones(3), "TVI": values, "fs": 250.0}, do_compression=packed)
    for axes, stored in (("zxt", "zxt"), ("tzx", "tzx")):
        turned = values.transpose(*("zxt".index(letter) for letter in stored))
        scipy.io.savemat(path, {"a": np.ones(3), "TVI": turned}, do_compression=packed)
        source = open_recording(path, "TVI", axes, **SAID, unit="mm/s")
        expected = values.transpose(2, 0, 1)[70:130].astype(np.float32)
        np.testing.assert_array_equal(source.frames(70, 130), expected)


def test_matlab_files_of_other_programs_are_read(tmp_path):
    if shutil.which("octave") is None:
        pytest.skip("Octave is not installed")
    script = (
        "rand('seed', 1); v = single(rand(24, 40, 300) - 0.5); w = round(100 * double(v)); "
        f"fs = 250; dz = 1; dx = 0.5; save('-v7', '{tmp_path}/v7.mat'); "
        f"save('-v6', '{tmp_path}/v6.mat'); printf('%.9g ', v(3, 4, 5:7), sum(w(:)));"
    )
    done = subprocess.run(
        ["octave", "--no-gui", "--quiet", "--eval", script],
        capture_output=True,
        text=True,
        check=False,
    )
    *three, total = map(float, done.stdout.split())
    for name in ("v7.mat", "v6.mat"):
        source = open_recording(tmp_path / name, "v", "zxt")
        np.testing.assert_allclose(source.frames(4, 7)[:, 2, 3], three, rtol=1e-6)
        whole = open_recording(tmp_path / name, "w", "zxt", unit="mm/s").load().velocity
        assert whole.sum(dtype=float) == total


def test_the_recordings_for_checking_are_read():
    folder = os.environ.get("KMU_CHECK_RECORDINGS")
    if folder is None:
        pytest.skip("KMU_CHECK_RECORDINGS names no folder of recordings")
    for name, frames in (("trial_a.mat", 1000), ("trial_b.mat", 1500)):
        source = open_recording(Path(folder) / name, axes="zxt")
        assert source.shape == (frames, 50, 128)
        assert (source.frame_rate, source.spacing) == (500, (0.8, 0.3))
        assert source.load().velocity.std() > 0.1
        for wrong in ("xzt", "txz", "tzx", "ztx"):
            with pytest.raises(InputError, match="axes"):
                open_recording(Path(folder) / name, axes=wrong)
