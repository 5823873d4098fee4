"""Whole numbers and their scale: known, contradicted, missing, or in words that do not tell."""

import h5py
import numpy as np
import pytest
import scipy.io
from made_recordings import twitching

from kmu.errors import InputError
from kmu.reading import read

VELOCITY = twitching([(4, 2), (8, 6)], seconds=0.6, shape=(12, 16))[0].velocity
STEP = float(np.abs(VELOCITY).max()) / 30000
COUNTS = np.round(VELOCITY / STEP).astype(np.int16)
SAID = {"frame_rate": 250.0, "dz": 1.0, "dx": 0.5, "axes": "tzx"}


def hdf5(path, values, **attributes):
    with h5py.File(path / "r.h5", "w") as file:
        file["v"] = values
        file.attrs.update(SAID)
        file["v"].attrs.update(attributes)
    return path / "r.h5"


def check(path, **options):
    found = read(path, **options).velocity
    np.testing.assert_allclose(found, VELOCITY, atol=2 * STEP)


@pytest.mark.parametrize("name", ["scale_factor", "RescaleSlope", "slope", "lsb", "scl_slope"])
def test_a_factor_is_known_by_its_usual_names(tmp_path, name):
    check(hdf5(tmp_path, COUNTS, **{name: STEP}))


@pytest.mark.parametrize("name", ["scale", "gain", "conversion_factor", "mm_s_per_lsb"])
def test_a_factor_that_may_also_divide_is_asked_about(tmp_path, name):
    path = hdf5(tmp_path, COUNTS, unit="mm/s", **{name: STEP})
    with pytest.raises(InputError, match=rf"whole numbers.*--scale FACTOR OFFSET.*{name} = "):
        read(path)
    check(path, scale=(STEP, 0.0))


def test_whole_numbers_without_unit_and_scale_are_refused_as_doubles_too(tmp_path):
    said = {**SAID, "v": COUNTS.astype(float), "gain": STEP}
    scipy.io.savemat(tmp_path / "r.mat", said)
    with pytest.raises(InputError, match=r"whole numbers \(.*; is it gain = "):
        read(tmp_path / "r.mat")
    check(tmp_path / "r.mat", scale=(STEP, 0.0))


def test_whole_numbers_in_a_stated_unit_are_read(tmp_path):
    whole = np.round(VELOCITY * 1e5).astype(np.int32)
    found = read(hdf5(tmp_path, whole, unit="nm/s"))
    np.testing.assert_allclose(found.velocity, whole * 1e-6, rtol=1e-6)


def test_numbers_without_sign_need_an_offset(tmp_path):
    counts = (COUNTS.astype(int) + 32768).astype(np.uint16)
    check(hdf5(tmp_path, counts, scale_factor=STEP, add_offset=-32768 * STEP))
    for more in ({}, {"zero_point": 32768}, {"bias": 32768.0}):
        with pytest.raises(InputError, match="offset"):
            read(hdf5(tmp_path, counts, scale_factor=STEP, **more))


def test_netcdf_3_says_by_an_attribute_that_numbers_have_no_sign(tmp_path):
    counts = (COUNTS.astype(int) + 32768).astype(np.uint16).view(np.int16)
    said = {"scale_factor": STEP, "add_offset": -32768 * STEP, "_Unsigned": "true"}
    check(hdf5(tmp_path, counts, **said))


@pytest.mark.parametrize("factor", [0.0, np.nan, np.inf])
def test_a_factor_that_is_none_is_named(tmp_path, factor):
    with pytest.raises(InputError, match=r"the scale of 'v' is .* no scale; give --scale"):
        read(hdf5(tmp_path, COUNTS, scale_factor=factor))


def test_two_factors_are_refused_with_both(tmp_path):
    path = hdf5(tmp_path, COUNTS, scale_factor=0.5)
    with h5py.File(path, "a") as file:
        file.attrs["scale_factor"] = 0.25
    with pytest.raises(InputError, match=r"= 0\.5, .* = 0\.25; give --scale"):
        read(path)


@pytest.mark.parametrize("fills", [-32768, [-32768, -32767]])
def test_several_values_may_stand_for_none(tmp_path, fills):
    counts = COUNTS.copy()
    counts[:, :2] = np.ravel(fills)[0]
    counts[:, 2:4] = np.ravel(fills)[-1]
    path = hdf5(tmp_path, counts, scale_factor=STEP, missing_value=np.array(fills, np.int16))
    found = read(path)
    assert not found.velocity[:, :4].any()
    np.testing.assert_allclose(found.velocity[:, 4:], VELOCITY[:, 4:], atol=2 * STEP)
    assert "64 of 192 pixels are never measured" in found.meta["warnings"][0]


@pytest.mark.parametrize(("value", "shown"), [(-9999.0, "-9999"), (5e5, "500000")])
def test_a_number_in_place_of_no_value_is_named(tmp_path, value, shown):
    odd = VELOCITY.copy()
    odd[:, :2] = value
    with pytest.raises(InputError, match=rf"32 pixels of v hold the same number \({shown}\)"):
        read(hdf5(tmp_path, odd))


def test_values_that_are_never_negative_get_a_warning(tmp_path):
    found = read(hdf5(tmp_path, np.abs(VELOCITY)))
    assert found.meta["warnings"] == ["no velocity is negative: is it a speed or a picture?"]


@pytest.mark.parametrize("name", ["zero_level", "baseline", "bias"])
def test_a_zero_in_words_that_do_not_tell_is_asked_about_unless_an_offset_is_stated(tmp_path, name):
    odd = {name: 12.0}
    with pytest.raises(InputError, match=rf"{name} = 12, which is no offset known here"):
        read(hdf5(tmp_path, COUNTS, scale_factor=STEP, **odd))
    check(hdf5(tmp_path, COUNTS, scale_factor=STEP, add_offset=0.0, **odd))
