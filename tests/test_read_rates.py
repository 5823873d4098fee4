"""Rates, periods and times of frames, and sizes and positions of pixels, in many words."""

import numpy as np
import pytest
import scipy.io
from made_recordings import twitching

from kmu.errors import InputError
from kmu.reading import open_recording

VELOCITY = twitching([(4, 2), (8, 6)], seconds=0.6, shape=(12, 16))[0].velocity
TIMES = np.arange(150) / 250
PIXELS = {"dz": 1.0, "dx": 0.5}


def opened(path, axes="tzx", pixels=PIXELS, **said):
    values = VELOCITY.transpose(*("tzx".index(letter) for letter in axes))
    scipy.io.savemat(path / "r.mat", {"v": values, "axes": axes, **pixels, **said})
    return open_recording(path / "r.mat")


@pytest.mark.parametrize(
    "said",
    [
        {"frame_rate_hz": 250.0},
        {"FrameRateHz": 250.0},
        {"frame_rate_kHz": 0.25},
        {"dt": 0.004},
        {"frame_interval_ms": 4.0},
        {"time_ms": TIMES * 1e3},
        {"frame_times": TIMES},
        {"fs": 250.0, "dt": 4.0},
        {"fs": 250.0, "time": TIMES * 1e3},
        {"fs": 250.0, "time": np.arange(150.0)},
        {"fs": 250.0, "time": 739000 + np.arange(150) / 250 / 86400},
    ],
)
def test_a_rate_is_read_from(tmp_path, said):
    assert opened(tmp_path, **said).frame_rate == pytest.approx(250)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"fs": 250.0, "dt": 0.002}, ("fs = 250", "1 / dt = 500")),
        ({"fs": 500.0, "time": TIMES * 1e3}, ("fs = 500", "steps of time = 4", "no unit of time")),
        ({"fs": 250.0, "dt_ms": 2.0}, ("fs = 250", "1 / dt_ms = 500")),
        ({"dt": 4.0}, ("does not say its frame rate", "dt = 4, in an unknown unit")),
        ({"time": np.arange(150.0)}, ("steps of time = 1, in an unknown unit",)),
        ({"emg": {"fs": 2048.0}}, ("'emg.fs' may be another one's",)),
        ({"frame_rate_m": 250.0}, ("'frame_rate_m' is in 'm'",)),
    ],
)
def test_a_rate_that_cannot_be_told_is_asked_for(tmp_path, said, words):
    with pytest.raises(InputError) as error:
        opened(tmp_path, **said)
    assert all(word in str(error.value) for word in (*words, "--frame-rate"))


@pytest.mark.parametrize(
    "pixels",
    [
        {"dz_mm": 1.0, "dx_mm": 0.5},
        {"dz_um": 1e3, "dx_m": 5e-4},
        {"pixel_size_mm": [1.0, 0.5]},
        {"z_mm": np.arange(12.0), "x_mm": np.arange(16) / 2},
        {**PIXELS, "z": np.arange(12) / 1000, "x": np.arange(16) * 50.0 / 1000},
        {**PIXELS, "z": np.arange(12), "x": np.arange(16)},
    ],
)
def test_pixels_are_read_from(tmp_path, pixels):
    assert opened(tmp_path, pixels=pixels, fs=250.0).spacing == pytest.approx((1.0, 0.5))


@pytest.mark.parametrize(
    ("pixels", "words"),
    [
        ({**PIXELS, "z": np.arange(12) * 2.0}, ("dz = 1 mm", "steps of z = 2")),
        ({**PIXELS, "x_mm": np.arange(16) * 0.3}, ("dx = 0.5", "steps of x_mm = 0.3")),
        ({"z": np.arange(12.0), "x": np.arange(16) / 2}, ("steps of z and steps of x have no",)),
    ],
)
def test_pixels_that_cannot_be_told_are_asked_for(tmp_path, pixels, words):
    with pytest.raises(InputError) as error:
        opened(tmp_path, pixels=pixels, fs=250.0)
    assert all(word in str(error.value) for word in (*words, "--spacing"))


def test_a_pair_is_depth_and_lateral_whatever_the_order_of_axes(tmp_path):
    read = opened(tmp_path, "xzt", pixels={"spacing": [1.0, 0.5]}, fs=250.0)
    assert read.spacing == (1.0, 0.5)
    assert read.meta["read_from"]["spacing"] == "spacing (depth, lateral)"


def test_two_units_of_a_number_are_refused(tmp_path):
    h5py = pytest.importorskip("h5py")
    with h5py.File(tmp_path / "r.h5", "w") as file:
        file["v"] = VELOCITY
        file.attrs.update(axes="tzx", frame_rate=250.0)
        file["dz_mm"], file["dx_mm"] = 1.0, 0.5
        file["dz_mm"].attrs["units"] = "m"
    with pytest.raises(InputError, match="'dz_mm' is said to be in"):
        open_recording(tmp_path / "r.h5")
