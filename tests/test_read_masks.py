"""A field of view that is kept beside the recording, and masks that do not say what they mark."""

import h5py
import numpy as np
import pytest
import scipy.io
from made_recordings import twitching

from kmu.reading import read as read_recording

VELOCITY = twitching([(6, 5), (16, 14)], seconds=1.2)[0].velocity
SAID = {"frame_rate": 250.0, "dz": 1.0, "dx": 0.5}
VIEW = np.zeros((24, 40), bool)
VIEW[2:-2, 3:-3] = True


@pytest.mark.parametrize("dtype", [bool, "u1", "f8"])
@pytest.mark.parametrize("name", ["fov", "field_of_view", "valid_mask"])
def test_pixels_outside_a_field_of_view_are_not_measured(tmp_path, name, dtype):
    with h5py.File(tmp_path / "r.h5", "w") as file:
        file["us/velocity"] = VELOCITY
        file[f"us/{name}"] = VIEW.astype(dtype)
        file.attrs.update({**SAID, "axes": "tzx"})
    read = read_recording(tmp_path / "r.h5")
    np.testing.assert_array_equal(read.velocity, np.where(VIEW, VELOCITY, 0))
    assert f"280 of 960 pixels are outside the field of view that us/{name} states" in str(
        read.meta["warnings"]
    )


@pytest.mark.parametrize("axes", ["zxt", "xzt", "txz"])
def test_the_view_has_the_order_of_the_array(tmp_path, axes):
    values = VELOCITY.transpose(*("tzx".index(letter) for letter in axes))
    view = VIEW if axes.index("z") < axes.index("x") else VIEW.T
    scipy.io.savemat(tmp_path / "r.mat", {"TVI": values, "fov": view, "axes": axes, **SAID})
    read = read_recording(tmp_path / "r.mat")
    np.testing.assert_array_equal(read.velocity, np.where(VIEW, VELOCITY, 0))


def test_a_lost_frame_is_bridged_inside_the_view(tmp_path):
    values = VELOCITY.copy()
    values[100] = 0
    np.savez(tmp_path / "r.npz", velocity=values, valid=VIEW, axes="tzx", **SAID)
    read = read_recording(tmp_path / "r.npz")
    middle = (VELOCITY[99] + VELOCITY[101]) / 2
    np.testing.assert_allclose(read.velocity[100], np.where(VIEW, middle, 0), atol=1e-6)


@pytest.mark.parametrize("name", ["mask", "roi"])
def test_a_mask_that_does_not_say_what_it_marks_is_named(tmp_path, name):
    np.savez(tmp_path / "r.npz", velocity=VELOCITY, axes="tzx", **SAID, **{name: VIEW})
    read = read_recording(tmp_path / "r.npz")
    np.testing.assert_array_equal(read.velocity, VELOCITY)
    assert f"{name} was left out of account" in str(read.meta["warnings"])


def test_arrays_that_are_no_view_of_the_image_do_no_harm(tmp_path):
    np.savez(
        tmp_path / "r.npz", velocity=VELOCITY, fov=VIEW[:5], valid=3.5 * VIEW, axes="tzx", **SAID
    )
    read = read_recording(tmp_path / "r.npz")
    np.testing.assert_array_equal(read.velocity, VELOCITY)
    assert "warnings" not in read.meta
