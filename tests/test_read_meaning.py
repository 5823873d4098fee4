"""What values are, by the file's words or the array's name: nothing that is said is passed by."""

import h5py
import numpy as np
import pytest
import scipy.io
from made_recordings import twitching

from kmu.errors import InputError
from kmu.reading import open_recording, read

VELOCITY = twitching([(4, 2), (8, 6)], seconds=0.6, shape=(12, 16))[0].velocity
SAID = {"fs": 250.0, "dz": 1.0, "dx": 0.5, "axes": "tzx"}


def matlab(path, name="v", values=VELOCITY, **more):
    scipy.io.savemat(path / "r.mat", {name: values, **SAID, **more})
    return path / "r.mat"


def hdf5(path, values=VELOCITY, attributes=(), **datasets):
    with h5py.File(path / "r.h5", "w") as file:
        file["v"] = values
        file.attrs.update(SAID)
        for key, value in dict(attributes).items():
            file["v"].attrs[key] = value
        for key, value in datasets.items():
            file[key] = value
    return path / "r.h5"


def check(path, factor=1.0, **options):
    np.testing.assert_allclose(read(path, **options).velocity, factor * VELOCITY, rtol=1e-4)


@pytest.mark.parametrize("name", ["displacement", "tissueDisplacement_um", "disp"])
def test_an_array_called_displacement_is_read_as_one(tmp_path, name):
    path = np.cumsum(VELOCITY.astype(float), axis=0) / 250
    path *= 1000 if name.endswith("um") else 1
    opened = open_recording(matlab(tmp_path, name, path))
    assert opened.meta["kind"] == "displacement"
    assert opened.meta["read_from"]["kind"] == f"the name {name}"
    middle = (VELOCITY[1:] + VELOCITY[:-1])[:-1] / 2 + (VELOCITY[2:] - VELOCITY[:-2]) / 2
    np.testing.assert_allclose(opened.frames(1, 149)[1:-1], middle[1:-1], atol=1e-4)


@pytest.mark.parametrize("name", ["strain", "bmode", "RF", "IQ", "power"])
def test_an_array_called_after_something_else_is_asked_about(tmp_path, name):
    with pytest.raises(InputError, match=f"called '{name}' hardly holds velocity.*--kind"):
        read(matlab(tmp_path, name))
    check(matlab(tmp_path, name), kind="velocity")


@pytest.mark.parametrize(
    ("name", "factor"),
    [("velocity_m_s", 1e3), ("TVI_um_s", 1e-3), ("vel_cms", 10.0), ("v_mm_per_s", 1.0)],
)
def test_a_unit_at_the_end_of_the_name_is_the_unit(tmp_path, name, factor):
    check(matlab(tmp_path, name), factor)
    with pytest.raises(InputError, match=r"contradicts itself: unit = nm/s, the name"):
        read(matlab(tmp_path, name, unit="nm/s"))


@pytest.mark.parametrize(
    "unit", ["[mm/s]", "velocity (mm/s)", "mm\\,s^{-1}", "$mm s^{-1}$", "mm_per_s", "mmps"]
)
def test_brackets_and_latex_do_not_hide_a_unit(tmp_path, unit):
    check(matlab(tmp_path, unit=unit))


@pytest.mark.parametrize(
    "stored",
    [
        np.array([109, 47, 115], np.uint16),
        np.array([b"m", b"/", b"s"]),
        np.void(b"m/s\0\0"),
        np.array(["m/s"], h5py.string_dtype("ascii")),
    ],
)
def test_a_unit_is_read_however_its_letters_are_stored(tmp_path, stored):
    check(hdf5(tmp_path, attributes={"unit": stored}), 1000)
    check(hdf5(tmp_path, unit=stored), 1000)


def test_a_unit_behind_a_reference_or_of_an_enumeration_is_read(tmp_path):
    path = hdf5(tmp_path)
    with h5py.File(path, "a") as file:
        file["names/first"] = "m/s"
        file["v"].attrs["unit"] = file["names/first"].ref
        kinds = h5py.enum_dtype({"velocity": 0, "displacement": 1})
        file["v"].attrs.create("kind", 0, dtype=kinds)
    check(path, 1000)
    with h5py.File(path, "a") as file:
        file["v"].attrs.create("kind", 1, dtype=kinds)
    with pytest.raises(InputError, match="'m/s' is no unit of displacement"):
        read(path)


def test_a_latin_micro_sign_is_read(tmp_path):
    check(hdf5(tmp_path, attributes={"unit": np.bytes_("µm/s".encode("latin-1"))}), 1e-3)


@pytest.mark.parametrize("empty", ["", h5py.Empty("S1")])
def test_an_empty_unit_is_called_empty(tmp_path, empty):
    with pytest.raises(InputError, match=r"'unit' is empty; give --unit"):
        read(hdf5(tmp_path, attributes={"unit": empty}))


def test_cells_of_texts_say_unit_and_axes(tmp_path):
    axes = np.array(["time", "depth", "lateral"], object)
    check(matlab(tmp_path, unit=np.array(["m/s"], object), axes=axes), 1000)


@pytest.mark.parametrize(
    "axes",
    ["[t, z, x]", "time x depth x lateral", "Time/Depth/Lateral", "time (s), depth (mm), x",
     "['t','z','x']"],
)  # fmt: skip
def test_axes_are_read_in_any_writing(tmp_path, axes):
    assert open_recording(matlab(tmp_path, axes=axes)).meta["axes"] == "tzx"


def test_dims_that_are_texts_name_axes_and_sizes_do_not(tmp_path):
    path = hdf5(tmp_path, attributes={"dims": VELOCITY.shape})
    with h5py.File(path, "a") as file:
        del file.attrs["axes"]
    with pytest.raises(InputError, match="does not say which axis"):
        read(path)
    with h5py.File(path, "a") as file:
        file["v"].attrs["dims"] = ["time", "depth", "lateral"]
    check(path)


@pytest.mark.parametrize(("field", "word"), [("unit", "um/s"), ("kind", "displacement")])
def test_what_a_struct_beside_says_is_not_passed_by(tmp_path, field, word):
    path = matlab(tmp_path, info={field: word})
    with pytest.raises(InputError, match=rf"'info.{field}'.*{word}.*give --{field}"):
        read(path)
    check(path, 1000, **{"unit": "m/s", "kind": "velocity"})
    check(matlab(tmp_path, info={field: {"unit": "mm/s", "kind": "velocity"}[field]}))


def test_a_struct_with_a_sequence_of_its_own_speaks_of_that(tmp_path):
    other = {"values": VELOCITY, "unit": "m/s"}
    check(matlab(tmp_path, other=other), variable="v")
