"""One rule for what a file says: understood, or refused; contradictions are named; options win."""

import h5py
import numpy as np
import pytest
import scipy.io
from made_recordings import twitching

from kmu.errors import InputError
from kmu.reading import open_recording
from kmu.reading import read as read_recording

VELOCITY = twitching([(6, 5), (16, 14)], seconds=1.2)[0].velocity
TIMES = np.arange(300) / 250


def matlab(path, **said):
    scipy.io.savemat(path, {"TVI": VELOCITY, "fs": 250.0, "dz": 1.0, "dx": 0.5, **said})
    return path


def refused(path, **options):
    with pytest.raises(InputError) as error:
        read_recording(path, axes="tzx", **options)
    return str(error.value)


@pytest.mark.parametrize(
    ("unit", "factor"),
    [("m/s", 1000), ("µm/s", 1e-3), ("μm s^-1", 1e-3), ("Millimeters per second", 1),
     ("cm·s⁻¹", 10)],
)  # fmt: skip
def test_units_are_read_in_any_spelling(tmp_path, unit, factor):
    path = matlab(tmp_path / "r.mat", unit=unit)
    read = read_recording(path, axes="tzx", check_axes=False)
    np.testing.assert_allclose(read.velocity, factor * VELOCITY, rtol=1e-5)


@pytest.mark.parametrize(
    ("said", "word"),
    [
        ({"unit": "furlong/s"}, "furlong"),
        ({"unit": 3.0}, "should be a text"),
        ({"kind": "strain"}, "strain"),
        ({"fs": "fast"}, "fast"),
        ({"dz": "1 parsec"}, "parsec"),
        ({"scale_factor": "big"}, "big"),
    ],
)
def test_statements_that_are_not_understood_are_never_replaced(tmp_path, said, word):
    assert word in refused(matlab(tmp_path / "r.mat", **said))


@pytest.mark.parametrize(
    ("said", "values"),
    [
        ({"frame_rate": 250.0, "fps": 500.0}, ("250", "500")),
        ({"time": TIMES * 2}, ("250", "125")),
        ({"spacing": [2.0, 0.5]}, ("2", "1")),
        ({"unit": "mm/s", "units": "m/s"}, ("mm/s", "m/s")),
    ],
)
def test_contradictions_are_refused_with_both_values(tmp_path, said, values):
    sentence = refused(matlab(tmp_path / "r.mat", **said))
    assert all(value in sentence for value in values)
    options = {"frame_rate": 250.0, "spacing": (1.0, 0.5), "unit": "mm/s"}
    read = read_recording(tmp_path / "r.mat", axes="tzx", **options)
    np.testing.assert_array_equal(read.velocity, VELOCITY)


def test_a_rate_of_images_counts_more_than_one_that_may_be_the_emgs(tmp_path):
    path = matlab(tmp_path / "r.mat", fs=2048.0, frame_rate=250.0)
    assert open_recording(path, axes="tzx").frame_rate == 250


def test_numbers_may_carry_their_unit(tmp_path):
    path = matlab(tmp_path / "r.mat", fs="0.25 kHz", dz="1000 um", dx="0.5 mm")
    read = read_recording(path, axes="tzx")
    assert read.frame_rate == 250
    assert read.spacing == (1.0, 0.5)


@pytest.mark.parametrize("time", ["2024-05-01T12:00:00", 1714560000.0, [0.0, 1.2], TIMES[::2]])
def test_a_time_that_is_not_of_each_frame_belongs_to_something_else(tmp_path, time):
    with h5py.File(tmp_path / "r.h5", "w") as file:
        file["velocity"] = VELOCITY
        file.attrs.update(frame_rate=250.0, dz=1.0, dx=0.5, axes="tzx", timestamps=time)
    np.testing.assert_array_equal(read_recording(tmp_path / "r.h5").velocity, VELOCITY)


@pytest.mark.parametrize("fault", ["single", "repeated", "wrapped", "jitter"])
def test_the_callers_rate_counts_more_than_times_that_cannot_be_right(tmp_path, fault):
    time = TIMES + 1000
    if fault == "single":
        time = (time + 1714560000).astype(np.float32)
    elif fault == "repeated":
        time[100] = time[99]
    elif fault == "wrapped":
        time = (TIMES + 0.5) % 1.0
    else:
        time = np.sort(time + np.random.default_rng(1).uniform(-0.9, 0.9, 300) / 250)
    path = matlab(tmp_path / "r.mat", time=time)
    assert "--frame-rate" in refused(path)
    source = open_recording(path, axes="tzx", frame_rate=250.0)
    np.testing.assert_array_equal(source.load().velocity, VELOCITY)
    assert "were not used" in source.warnings[0]


@pytest.mark.parametrize("dtype", ["int16", "uint16"])
def test_integers_are_scaled_by_what_stands_beside_them(tmp_path, dtype):
    factor, offset = 1e-3, -30.0 if dtype == "uint16" else 0.0
    stored = np.round((VELOCITY - offset) / factor).astype(dtype)
    stored[100] = 0
    with h5py.File(tmp_path / "r.h5", "w") as file:
        file["velocity"] = stored
        file["velocity"].attrs.update(scale_factor=factor, add_offset=offset, units="mm/s")
        file.attrs.update(frame_rate=250.0, dz=1.0, dx=0.5, axes="tzx")
    read = read_recording(tmp_path / "r.h5")
    assert "1 missing frames" in read.meta["warnings"][0]
    kept = np.setdiff1d(np.arange(300), 100)
    np.testing.assert_allclose(read.velocity[kept], VELOCITY[kept], atol=1e-3)


@pytest.mark.parametrize("dtype", ["uint8", "int8", "uint16", "float64"])
def test_counts_without_a_scale_are_refused_with_what_would_tell_it(tmp_path, dtype):
    top = float(np.abs(VELOCITY).max())
    low = -127 if dtype == "int8" else 0
    stored = np.round((VELOCITY + top) / top * 127 + low).astype(dtype)
    path = matlab(tmp_path / "r.mat", TVI=stored)
    assert "--scale" in refused(path)
    scale = (top / 127, -top - low * top / 127)
    read = read_recording(path, axes="tzx", scale=scale)
    np.testing.assert_allclose(read.velocity, VELOCITY, atol=top / 250)


@pytest.mark.parametrize(
    ("factor", "kind", "likely"),
    [(1e-4, "velocity", "m/s"), (1e4, "velocity", "um/s"), (1e3, "displacement", "um")],
)
def test_sizes_that_no_muscle_has_are_spoken_of_with_the_likely_unit(
    tmp_path, factor, kind, likely
):
    values = VELOCITY / np.abs(VELOCITY).max() * factor * 5
    path = matlab(tmp_path / "r.mat", TVI=values)
    source = open_recording(path, axes="tzx", kind=kind)
    assert f"--unit {likely})" in source.warnings[0]
    source = open_recording(path, axes="tzx", kind=kind, unit=likely)
    assert not source.warnings


def test_options_are_repeated_back_with_what_the_file_says(tmp_path):
    path = matlab(tmp_path / "r.mat", unit="m/s")
    read = open_recording(path, axes="tzx", frame_rate=500.0, spacing=(1.0, 0.5), unit="mm/s")
    assert read.meta["given"] == [
        "--axes tzx",
        "--spacing 1 0.5",
        "--frame-rate 500 (the file says 250)",
        "--unit mm/s (the file says m/s)",
    ]
    assert "given" not in open_recording(matlab(tmp_path / "s.mat", axes="tzx")).meta


def test_a_refusal_is_one_line_whatever_a_name_holds():
    assert str(InputError("a\nb\x1b[31m\u2028c é µ")) == "a b [31m c é µ"
