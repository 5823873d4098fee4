"""What numbers mean: units, scales and the times of frames, on values whose outcome is plain."""

from pathlib import Path

import numpy as np
import pytest
from test_read_by_hand import given

from kmu.errors import InputError
from kmu.reading.contents import Variable
from kmu.reading.quantities import factor, measured, plain_unit
from kmu.reading.scaling import applied, odd_statements
from kmu.reading.timing import Times, from_time_zero, place_in_time, rate_of_times

PATH = Path("r.npy")


@pytest.mark.parametrize(
    ("text", "dimension", "value"),
    [
        ("0.8 mm", "length", 0.8), ("3 cm", "length", 30), ("4e-4 m", "length", 0.4),
        ("300 \u03bcm", "length", 0.3), ("5 nm", "length", 5e-6), ("0.3 mm/pixel", "length", 0.3),
        ("5 MHz", "rate", 5e6), ("2 kHz", "rate", 2000), ("1 GHz", "rate", 1e9),
        ("250 fps", "rate", 250), ("-2.5 s", "time", -2.5), ("4 ms", "time", 0.004),
        ("7 us", "time", 7e-6), ("9 ns", "time", 9e-9), ("2 min", "time", 120),
        ("1 h", "time", 3600), (".5 days", "time", 43200), ("1540 m/s", "speed", 1540),
        ("1.54 mm/us", "speed", 1540), ("1.5 km/s", "speed", 1500), ("90 cm/s", "speed", 0.9),
        ("7 mm/s", "speed", 0.007), ("0.8", "length", None), ("5 mm", "rate", None),
        ("x mm", "length", None), ("3 parsec", "length", None),
    ],
)  # fmt: skip
def test_a_number_with_its_unit_is_in_mm_hz_s_or_m_per_s(text, dimension, value):
    assert measured(text, dimension) == (None if value is None else pytest.approx(value))


def test_units_have_one_spelling_and_unknown_ones_no_factor():
    for spelt in ("um/s", "\u00b5m/s", "microns per second", "um s^-1", "velocity (um/s)", "umps"):
        assert plain_unit(spelt) == "um/s", spelt
    assert factor("furlong", "length") is None
    assert factor("1/s", "rate") == 1


def stored(values, **attributes):
    return Variable("v", values.shape, values.dtype, lambda at: values[at], attributes)


def test_stored_numbers_are_scaled_and_those_that_stand_for_none_are_missing():
    values = np.array([1, 2, -7, 0, 0, 5], np.int16).reshape(3, 2, 1)
    plain = given(values)
    assert applied(plain, stored(values), None, None) is plain
    found = applied(plain, stored(values, _FillValue=np.int16(-7)), None, (0.5, 3.0)).read(0, 3)
    np.testing.assert_allclose(found.ravel(), [3.5, 4.0, np.nan, 3.0, 3.0, 5.5])
    # A lost frame is all zeros, which an offset must not hide.
    lost = np.array([[1, 0], [0, 0]], np.int16).reshape(2, 2, 1)
    found = applied(given(lost), stored(lost), None, (0.5, 3.0)).read(0, 2)
    np.testing.assert_allclose(found.ravel(), [3.5, 3.0, np.nan, np.nan])
    found = applied(given(lost), stored(lost), None, (0.5, 0.0)).read(0, 2)
    np.testing.assert_allclose(found.ravel(), [0.5, 0, 0, 0])
    signless = np.array([-1, 1], np.int16).reshape(1, 2, 1)
    found = applied(given(signless), stored(signless, _Unsigned="true"), None, (2.0, 1.0))
    assert found.read(0, 1).ravel().tolist() == [131071, 3]


def test_words_of_a_scale_that_do_not_say_which_are_repeated():
    values = np.zeros((2, 2, 2), np.int16)
    said = {"gain": 0.25, "scale_factor": 2.0, "count": 1, "steps": "many", "note": 5.0}
    assert odd_statements(stored(values, **said)) == "gain = 0.25"
    assert odd_statements(stored(values, gain=np.array([1.0, 2.0]))) == ""


@pytest.mark.parametrize(
    ("steps", "rate"),
    [([0.01, 0.01, 0.03], 100), ([0.02], 50), ([0.0201], None), ([5e-5], 20_000), ([4.9e-5], None),
     ([0.01, 0.0], None), ([0.01, np.nan], None), ([], None)],
)  # fmt: skip
def test_the_rate_is_that_of_the_usual_step_if_frames_can_come_so_often(steps, rate):
    times = Times(np.concatenate([[0.0], np.cumsum(steps)]))
    assert rate_of_times(times) == (None if rate is None else pytest.approx(rate))
    assert rate_of_times(Times(times.values, unknown_unit="ticks")) is None


def placed(times, insist=False, count=None):
    values = np.arange(1.0, (count or len(times)) + 1).reshape(-1, 1, 1)
    found, said = place_in_time(given(values), times and Times(np.array(times)), PATH, insist)
    return found.read(0, found.shape[0]).ravel().tolist(), said


def test_dropped_frames_leave_room_and_irregular_times_are_refused():
    clock = [0.0, 0.01, 0.02, 0.03, 0.05, 0.06, 0.07, 0.08]
    found, said = placed(clock)
    np.testing.assert_array_equal(found, [1, 2, 3, 4, np.nan, 5, 6, 7, 8])
    assert said == []
    found, _ = place_in_time(given(np.ones((8, 1, 1)) * 1j), Times(np.array(clock)), PATH)
    assert np.iscomplexobj(found.read(0, 9))
    assert np.isnan(found.read(4, 5)).all()
    assert found.read(5, 6).tolist() == [[[1j]]]
    for same in (None, [5.0], [0.0, 0.01, 0.02]):
        assert placed(same, count=3)[0] == [1, 2, 3]
    # Two of ten are the most that may be missing; 0.41 of a frame the most that jitters.
    assert len(placed([0.0, 0.01, 0.02, 0.05, 0.06, 0.07, 0.08, 0.09])[0]) == 10
    for wrong, word in (
        ([0.0, 0.01, 0.02, 0.05, 0.06, 0.07, 0.08], "too many to bridge"),
        ([0.0, 0.01, 0.02, 0.03, 0.0541, 0.065, 0.075, 0.085], "irregular"),
        ([0.0, 0.01, 0.01, 0.02], "do not ascend"),
    ):
        with pytest.raises(InputError, match=rf"{word}.*--frame-rate leaves them out"):
            placed(wrong)
        found, [said] = placed(wrong, insist=True)
        assert found == list(range(1, len(wrong) + 1))
        assert said.endswith("they were not used, since the frame rate was given")
    for insist in (False, True):
        for backwards in ([0.03, 0.02, 0.01], [0.02, 0.01]):
            with pytest.raises(InputError, match=r"out of order$"):
                placed(backwards, insist, count=len(backwards))


@pytest.mark.parametrize(
    ("first", "left"), [(-0.02, 2), (None, 0), (0.0, 0), (0.02, 0), (-0.04, 4), (-0.05, 0)]
)
def test_frames_before_time_0_are_left_out(first, left):
    values = np.arange(10.0).reshape(10, 1, 1)
    found = from_time_zero(given(values), first)
    assert found.shape == (10 - left, 1, 1)
    assert found.read(1, 3).ravel().tolist() == [1 + left, 2 + left]
