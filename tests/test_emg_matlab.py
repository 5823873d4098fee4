"""Firings in files of MUedit and DEMUSE, saved by MATLAB in either format."""

import itertools

import h5py
import numpy as np
import pytest
import scipy.io
from emg_firings import RATE, TRUE, assert_true, samples

from kmu.errors import InputError
from kmu.reading.firings import read_firings


def cell(items, shape=None):
    made = np.empty(len(items), object)
    made[:] = [np.asarray(item, float).reshape(1, -1) for item in items]
    return made.reshape(shape or (1, -1))


def grids():
    """Two grids, of three and two units: {grid, unit}, the last of the second is no unit."""
    one = samples(1)
    return cell([*one[:3], *one[3:], []], (2, 3))


def trains():
    return cell2(np.zeros((3, 50)), np.zeros((2, 50)))


def cell2(*items):
    made = np.empty((1, len(items)), object)
    for k, item in enumerate(items):
        made[0, k] = item
    return made


def nested():
    one = [item[None] for item in samples(1)]
    return cell2(cell2(*one[:3]), cell2(*one[3:]))


def write_v73(path, values):
    """The bytes of MATLAB's save -v7.3: axes reversed, cells as references."""
    with h5py.File(path, "w", userblock_size=512) as file:
        references, numbers = file.create_group("#refs#"), itertools.count()

        def put(group, name, value):
            if isinstance(value, dict):
                inner = group.create_group(name)
                inner.attrs["MATLAB_class"] = np.bytes_("struct")
                for key, item in value.items():
                    put(inner, key, item)
                return inner
            if isinstance(value, str):
                codes = np.array([[ord(letter)] for letter in value], np.uint16)
                data = group.create_dataset(name, data=codes)
                data.attrs["MATLAB_class"] = np.bytes_("char")
                return data
            value = np.atleast_2d(value)
            if value.dtype == object:
                targets = np.empty(value.shape, h5py.ref_dtype)
                for index in np.ndindex(value.shape):
                    made = put(references, f"r{next(numbers)}", value[index])
                    targets[index] = made.ref
                data = group.create_dataset(name, data=targets.T, dtype=h5py.ref_dtype)
                data.attrs["MATLAB_class"] = np.bytes_("cell")
            elif value.size == 0:
                data = group.create_dataset(name, data=np.array(value.shape, np.uint64))
                data.attrs["MATLAB_empty"] = np.uint8(1)
                data.attrs["MATLAB_class"] = np.bytes_("double")
            else:
                data = group.create_dataset(name, data=value.T)
                data.attrs["MATLAB_class"] = np.bytes_("double")
            return data

        for key, value in values.items():
            put(file, key, value)
    with path.open("r+b") as raw:
        raw.write(b"MATLAB 7.3 MAT-file".ljust(124) + b"\x00\x02IM")


def write_v5(path, values):
    scipy.io.savemat(path, values)


@pytest.mark.parametrize("write", [write_v5, write_v73])
def test_muedit_files_give_the_units_of_all_grids(tmp_path, write):
    signal = {"Dischargetimes": grids(), "fsamp": RATE, "Pulsetrain": trains()}
    write(tmp_path / "m.mat", {"signal": signal})
    assert_true(read_firings(tmp_path / "m.mat"))


@pytest.mark.parametrize("write", [write_v5, write_v73])
@pytest.mark.parametrize("edited", ["Dischargetimes", "Distimeclean"])
def test_what_was_edited_in_muedit_comes_before_what_was_not(tmp_path, write, edited):
    raw = cell([[1, 2, 3], [4]])
    edition = {"Dischargetimes": raw, "Pulsetrain": trains()}
    edition[edited] = grids() if edited == "Dischargetimes" else nested()
    values = {"signal": {"Dischargetimes": raw, "fsamp": RATE}, "edition": edition}
    write(tmp_path / "m.mat", values)
    assert_true(read_firings(tmp_path / "m.mat"))


@pytest.mark.parametrize("write", [write_v5, write_v73])
def test_demuse_files_say_their_rate_and_an_option_overrides_it(tmp_path, write):
    write(tmp_path / "d.mat", {"MUPulses": cell(samples(1)), "fsamp": RATE})
    assert_true(read_firings(tmp_path / "d.mat"))
    half = read_firings(tmp_path / "d.mat", RATE * 2)
    np.testing.assert_allclose(half[0], TRUE[0] / 2, atol=1 / RATE)
    write(tmp_path / "n.mat", {"MUPulses": cell(samples(1))})
    with pytest.raises(InputError, match="firings-rate"):
        read_firings(tmp_path / "n.mat")


@pytest.mark.parametrize("write", [write_v5, write_v73])
@pytest.mark.parametrize("depth", [1, 2])
def test_a_programs_own_name_is_found_in_any_struct(tmp_path, write, depth):
    inside = {"MUPulses": cell(samples(1)), "fsamp": RATE}
    values = {"trial": inside if depth == 1 else {"emg": inside}, "other": cell([[1.0]])}
    write(tmp_path / "d.mat", values)
    assert_true(read_firings(tmp_path / "d.mat"))
    write(tmp_path / "two.mat", {"a": inside, "b": inside})
    with pytest.raises(InputError, match="mupulses in a and b"):
        read_firings(tmp_path / "two.mat")


@pytest.mark.parametrize("write", [write_v5, write_v73])
@pytest.mark.parametrize("place", ["beside", "signal", "top"])
def test_a_rate_may_be_a_text_with_its_unit(tmp_path, write, place):
    def said(rate):
        pulses = {"Dischargetimes": grids(), "Pulsetrain": trains()}
        if place == "top":
            return {"fsamp": rate, "signal": pulses}
        if place == "signal":
            return {"signal": {"fsamp": rate}, "edition": pulses}
        return {"signal": {**pulses, "fsamp": rate}}

    write(tmp_path / "m.mat", said("2.048 kHz"))
    assert_true(read_firings(tmp_path / "m.mat"))
    for number, text in enumerate(["2048", "fast", "9"]):
        write(tmp_path / f"{number}.mat", said(text))
        with pytest.raises(InputError, match=f"the text '{text}'; give --firings-rate"):
            read_firings(tmp_path / f"{number}.mat")
        assert_true(read_firings(tmp_path / f"{number}.mat", RATE))


def test_the_rate_of_images_is_no_rate_of_emg(tmp_path):
    write_v5(tmp_path / "m.mat", {"MUPulses": cell(samples(1)), "frame_rate": 1000.0, "fs": RATE})
    assert_true(read_firings(tmp_path / "m.mat"))
    write_v5(tmp_path / "m.mat", {"MUPulses": cell(samples(1)), "fs": 1000.0, "fsamp": RATE})
    assert_true(read_firings(tmp_path / "m.mat"))
    said = {"MUPulses": cell(samples(1)), "fs": 1000.0, "sampling_rate": RATE}
    write_v5(tmp_path / "m.mat", said)
    with pytest.raises(InputError, match=r"fs = 1000, samplingrate = 2048"):
        read_firings(tmp_path / "m.mat")


def test_a_cell_of_milliseconds_is_not_taken_for_seconds(tmp_path):
    cells = np.empty(2, object)
    cells[:] = [np.arange(12) * 80.5 + 0.25, np.arange(9) * 120.5]
    scipy.io.savemat(tmp_path / "m.mat", {"firings": cells})
    with pytest.raises(InputError, match="if the cell firings is in seconds, half of all"):
        read_firings(tmp_path / "m.mat")


def test_ids_beside_firings_number_the_units_and_gaps_are_units_without_firings(tmp_path):
    path = tmp_path / "curated.mat"
    one = [np.array([0.1, 0.9]), np.array([0.2, 0.7]), np.array([0.3])]
    scipy.io.savemat(path, {"firings": cell(one), "ids": [[2.0, 5.0, 3.0]], "unit": "s"})
    found = read_firings(path)
    assert [times.tolist() for times in found] == [[], [0.1, 0.9], [0.3], [], [0.2, 0.7]]


@pytest.mark.parametrize(
    "ids",
    [[[1.0, 2.0]], [[1.0, 2.5, 3.0]], [[1.0, np.nan, 3.0]]],
    ids=["too few", "no numbers", "not known"],
)
def test_ids_that_cannot_be_the_units_number_nothing(tmp_path, ids):
    path = tmp_path / "other.mat"
    scipy.io.savemat(path, {"firings": cell([[0.1], [0.2], [0.3]]), "ids": ids})
    assert [times.tolist() for times in read_firings(path)] == [[0.1], [0.2], [0.3]]


def test_ids_that_name_one_unit_twice_are_refused(tmp_path):
    path = tmp_path / "twice.mat"
    scipy.io.savemat(path, {"firings": cell([[0.1], [0.2]]), "ids": [[4, 4]]})
    with pytest.raises(InputError, match=r"its ids \[4, 4\] name one unit twice"):
        read_firings(path)
