"""Units and kinds that are said of something by name, or in passing, are never passed by."""

import h5py
import numpy as np
import pytest
import scipy.io
from made_recordings import twitching

from kmu.errors import InputError
from kmu.reading import read as read_recording

RECORDING = twitching([(6, 5), (16, 14)], seconds=1.2)[0]
VELOCITY = RECORDING.velocity
SAID = {"axes": "tzx", "frame_rate": 250.0, "dz": 1.0, "dx": 0.5}


def hdf5(path, values=VELOCITY, own=None, name="velocity", **said):
    path.unlink(missing_ok=True)
    with h5py.File(path, "w") as file:
        file[name] = values
        file[name].attrs.update(own or {})
        file.attrs.update({key: value for key, value in said.items() if value is not None})
    return path


def refused(path, **options):
    with pytest.raises(InputError) as error:
        read_recording(path, **options)
    return str(error.value)


@pytest.mark.parametrize(
    "label", ["velocity_unit", "unit_of_velocity", "VelocityUnits", "tvi_units", "unit_vel"]
)
@pytest.mark.parametrize("own", [True, False])
def test_a_unit_named_after_what_the_array_holds_is_its_unit(tmp_path, label, own):
    unit = {label: "m/s"}
    said = {"own": unit, **SAID} if own else {**unit, **SAID}
    read = read_recording(hdf5(tmp_path / "r.h5", VELOCITY * 1e-3, **said))
    np.testing.assert_allclose(read.velocity, VELOCITY, rtol=1e-5)


@pytest.mark.parametrize(
    "said",
    [
        {"TVI_unit": "m/s"},
        {"units": {"TVI": "m/s", "dz": "mm"}},
        {"units": {"velocity": "m/s"}},
        {"unit_TVI": "m/s"},
    ],
)
def test_matlab_may_keep_units_in_a_struct_by_name(tmp_path, said):
    scipy.io.savemat(tmp_path / "r.mat", {"TVI": VELOCITY * 1e-3, **SAID, **said})
    read = read_recording(tmp_path / "r.mat")
    np.testing.assert_allclose(read.velocity, VELOCITY, rtol=1e-5)


@pytest.mark.parametrize(
    "said",
    [
        {"dz": 0.1, "dz_unit": "cm", "dx": 500.0, "dx_units": "um"},
        {"frame_rate": 0.25, "frame_rate_unit": "kHz"},
        {"dz": None, "dx": None, "spacing": [1e-3, 5e-4], "spacing_unit": "m"},
        {"dz": None, "dx": None, "spacing_xz": [5e-4, 1e-3], "spacing_xz_unit": "m"},
        {"frame_rate": "250,0 Hz", "dz": "1,0 mm"},
        {"frame_rate": None, "dt": 4.0, "dt_unit": "ms"},
    ],
)
def test_the_unit_of_a_number_may_stand_beside_it(tmp_path, said):
    read = read_recording(hdf5(tmp_path / "r.h5", **{**SAID, **said}))
    assert (read.frame_rate, *read.spacing) == pytest.approx((250.0, 1.0, 0.5))


def test_a_unit_beside_a_number_that_is_not_known_is_refused(tmp_path):
    path = hdf5(tmp_path / "r.h5", **SAID, dz_unit="furlong")
    assert "furlong" in refused(path)
    assert "1,000 mm" in refused(hdf5(path, **{**SAID, "dz": "1,000 mm"}))


@pytest.mark.parametrize(
    ("order", "pair"),
    [
        ("dx,dz", (0.5, 1.0)),
        (["lateral", "axial"], (0.5, 1.0)),
        ("xz", (0.5, 1.0)),
        ("depth, lateral", (1.0, 0.5)),
    ],
)
def test_a_pair_may_say_its_order(tmp_path, order, pair):
    said = {**SAID, "dz": None, "dx": None, "spacing": pair, "spacing_order": order}
    assert read_recording(hdf5(tmp_path / "r.h5", **said)).spacing == (1.0, 0.5)
    said["spacing_order"] = "b, a"
    assert "no order" in refused(hdf5(tmp_path / "r.h5", **said))


@pytest.mark.parametrize(
    "said", [{"data_type": "displacement"}, {"standard_name": "tissue_displacement"}]
)
def test_a_kind_that_is_said_in_passing_is_heard(tmp_path, said):
    course = np.cumsum(VELOCITY, axis=0) / 250
    path = hdf5(tmp_path / "r.h5", course, name="data", **SAID, **said)
    read = read_recording(path)
    assert read.meta["kind"] == "displacement"
    title = hdf5(path, course, name="data", **SAID, title="axial displacement map")
    assert "--kind" in refused(title)
    plain = hdf5(path, name="data", **SAID, data_type="float32", title="velocity by displacement")
    np.testing.assert_array_equal(read_recording(plain).velocity, VELOCITY)


@pytest.mark.parametrize(
    "text",
    ["velocity (m/s)", "in micrometers per second", "axial velocity, cm.s^-1", "um s-1", "µm/s"],
)
def test_another_unit_in_a_description_is_asked_about(tmp_path, text):
    path = hdf5(tmp_path / "r.h5", own={"long_name": text}, **SAID)
    assert "--unit" in refused(path)
    np.testing.assert_array_equal(read_recording(path, unit="mm/s").velocity, VELOCITY)
    hdf5(path, own={"long_name": text, "units": "mm/s"}, **SAID)
    np.testing.assert_array_equal(read_recording(path).velocity, VELOCITY)


@pytest.mark.parametrize("text", ["in mm/s", "10 ms windows, 5 m away", "moved by 3 mm per step"])
def test_other_descriptions_do_no_harm(tmp_path, text):
    path = hdf5(tmp_path / "r.h5", own={"description": text}, **SAID)
    np.testing.assert_array_equal(read_recording(path).velocity, VELOCITY)


@pytest.mark.parametrize(("name", "factor"), [("velMps", 1e-3), ("velocityCMS", 0.1)])
def test_a_unit_may_be_the_last_word_of_a_name(tmp_path, name, factor):
    path = hdf5(tmp_path / "r.h5", VELOCITY * factor, name=name, **SAID)
    np.testing.assert_allclose(read_recording(path).velocity, VELOCITY, rtol=1e-5)
    assert "milliseconds" in refused(hdf5(path, name="velocity_ms", **SAID))


@pytest.mark.parametrize("label", ["nyquist_velocity", "vmax", "divisor", "fraction_bits"])
def test_whole_numbers_beside_anything_like_a_scale_are_asked_about(tmp_path, label):
    counts = np.round(VELOCITY * 1e4).astype(np.int16)
    path = hdf5(tmp_path / "r.h5", counts, own={"unit": "mm/s"}, **SAID, **{label: 12.5})
    assert label in refused(path)


def test_a_scale_for_each_frame_is_refused(tmp_path):
    counts = np.round(VELOCITY * 1e4).astype(np.int16)
    said = {**SAID, "unit": "mm/s", "scale_factor": np.full(300, 1e-4)}
    scipy.io.savemat(tmp_path / "r.mat", {"TVI": counts, **said})
    assert "scale_factor should be one number" in refused(tmp_path / "r.mat")


def test_a_group_says_scale_unit_and_kind_of_its_arrays(tmp_path):
    path = tmp_path / "r.h5"
    with h5py.File(path, "w") as file:
        file["us/data"] = np.round(VELOCITY * 1e4).astype(np.int16)
        file["us"].attrs.update({"scale_factor": 1e-7, "velocity_unit": "m/s", **SAID})
    np.testing.assert_allclose(read_recording(path).velocity, VELOCITY, atol=1e-4)
