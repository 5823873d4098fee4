"""What was never measured: lost frames, the ends of differences, pixels outside the muscle."""

import h5py
import numpy as np
import pytest
from made_recordings import twitching

from kmu.errors import InputError
from kmu.reading import open_recording

VELOCITY = twitching([(6, 5), (16, 14)], seconds=1.2)[0].velocity
SAID = {"axes": "tzx", "frame_rate": 250.0, "spacing": (1.0, 0.5)}


def opened(tmp_path, values, **options):
    np.save(tmp_path / "r.npy", values)
    return open_recording(tmp_path / "r.npy", **SAID, **options)


@pytest.mark.parametrize("fill", [np.nan, 1e20, 9.969209968386869e36])
def test_pixels_missing_in_all_frames_are_outside_the_field_of_view(tmp_path, fill):
    values = VELOCITY.copy()
    values[:, :3], values[:, :, -2:] = fill, fill
    source = opened(tmp_path, values)
    read = source.load().velocity
    np.testing.assert_array_equal(read[:, 3:, :-2], VELOCITY[:, 3:, :-2])
    assert not read[:, :3].any()
    assert not read[:, :, -2:].any()
    outside = 3 * 40 + 21 * 2
    assert f"{outside} of 960 pixels are never measured" in source.warnings[0]
    np.testing.assert_array_equal(source.frames(40, 60), read[40:60])


def test_pixels_missing_in_some_frames_are_refused(tmp_path):
    values = VELOCITY.copy()
    values[50:, :3] = np.nan
    with pytest.raises(InputError, match="NaN"):
        opened(tmp_path, values).load()


def test_lost_frames_are_bridged_beside_pixels_outside(tmp_path):
    values = VELOCITY.copy()
    values[:, :3] = np.nan
    values[[100, 150]] = np.nan
    values[200] = 0
    read = opened(tmp_path, values).load()
    for lost in (100, 150, 200):
        between = (VELOCITY[lost - 1] + VELOCITY[lost + 1]) / 2
        np.testing.assert_allclose(read.velocity[lost, 3:], between[3:], atol=1e-6)
    assert "3 missing frames" in read.meta["warnings"][1]


def test_a_difference_has_no_first_value(tmp_path):
    values = VELOCITY.copy()
    values[0], values[-1] = np.nan, np.nan
    read = opened(tmp_path, values).load()
    np.testing.assert_array_equal(read.velocity[1:-1], VELOCITY[1:-1])
    np.testing.assert_array_equal(read.velocity[0], VELOCITY[1])
    assert "2 missing frames" in read.meta["warnings"][0]


@pytest.mark.parametrize("void", [0.0, np.nan])
def test_displacement_is_repaired_before_it_is_differentiated(tmp_path, void):
    displacement = np.cumsum(VELOCITY, axis=0, dtype=float) / 250 + 3
    right = opened(tmp_path, displacement, kind="displacement").load().velocity
    displacement[[100, 101, 200]] = void
    source = opened(tmp_path, displacement, kind="displacement")
    read = source.load().velocity
    far = np.setdiff1d(np.arange(300), [98, 99, 100, 101, 102, 199, 200, 201])
    np.testing.assert_allclose(read[far], right[far], atol=1e-5)
    assert np.abs(read).max() <= np.abs(right).max() * 1.01
    assert "3 missing frames" in source.warnings[0]


def test_a_long_loss_of_displacement_is_refused(tmp_path):
    displacement = np.cumsum(VELOCITY, axis=0, dtype=float) / 250 + 3
    displacement[100:140] = 0
    with pytest.raises(InputError, match="displacement holds only zeros"):
        opened(tmp_path, displacement, kind="displacement").load()


def test_the_value_that_stands_for_none_is_no_velocity(tmp_path):
    stored = np.round(VELOCITY / 1e-3).astype(np.int16)
    stored[:, :2] = -32768
    with h5py.File(tmp_path / "r.h5", "w") as file:
        file["velocity"] = stored
        file["velocity"].attrs.update(scale_factor=1e-3, _FillValue=np.int16(-32768))
        file.attrs.update(frame_rate=250.0, dz=1.0, dx=0.5, axes="tzx")
    source = open_recording(tmp_path / "r.h5")
    read = source.load().velocity
    np.testing.assert_allclose(read[:, 2:], VELOCITY[:, 2:], atol=1e-3)
    assert "80 of 960 pixels" in source.warnings[0]
