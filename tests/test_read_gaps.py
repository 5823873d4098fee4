"""Lost frames, one number a frame: what is bridged, held, left alone or refused."""

import numpy as np
import pytest

from kmu.errors import InputError
from kmu.reading.gaps import Gaps, frame_power

NAN = np.nan


def read(course, start=0, stop=None, rate=100.0, what="velocity"):
    values = np.asarray(course, float)[:, None, None] * np.ones((1, 2, 3))
    gaps = Gaps(lambda a, b: values[a:b], len(values), rate, what)
    return gaps.frames(start, len(values) if stop is None else stop)[:, 1, 2], gaps


def line(frames=40):
    return np.arange(1.0, frames + 1)


@pytest.mark.parametrize("void", [0.0, NAN, 1e20])
def test_up_to_50_ms_are_bridged_straight_from_before_to_after(void):
    course = 3 * line() ** 2
    before, after = course[9], course[15]
    course[10:15] = void
    found, gaps = read(course)
    expected = before + np.arange(1, 6) / 6 * (after - before)
    np.testing.assert_allclose(found[10:15], expected, rtol=1e-5)
    np.testing.assert_allclose(np.delete(found, range(10, 15)), np.delete(course, range(10, 15)))
    assert gaps.bridged == set(range(10, 15))
    assert gaps.warnings == ["5 missing frames were bridged (first: frame 10)"]
    # The same if only a part of it is asked for.
    for start, stop in ((12, 20), (5, 12), (11, 13)):
        np.testing.assert_array_equal(read(course, start, stop)[0], found[start:stop])


def test_longer_silence_is_left_alone_and_longer_loss_refused():
    course = line()
    course[10:16] = 0
    found, gaps = read(course)
    np.testing.assert_array_equal(found, course)
    assert gaps.silent == set(range(10, 16))
    assert gaps.warnings == [
        "6 frames hold only zeros (first: frame 10), too many in a row to be bridged; nothing can "
        "be found in them"
    ]
    with pytest.raises(InputError, match="only zeros in frames 10 to 15"):
        read(course, what="displacement")
    course[10:16] = NAN
    with pytest.raises(InputError, match="velocity holds only NaN in frames 10 to 15"):
        read(course)


def test_at_the_ends_the_nearest_frame_stands_in_for_nan_and_silence_stays():
    course = line()
    course[:2], course[-3:] = NAN, NAN
    found, gaps = read(course)
    np.testing.assert_array_equal(found, [3, 3, *range(3, 38), 37, 37, 37])
    assert gaps.bridged == {0, 1, 37, 38, 39}
    course[:2], course[-3:] = 0, 0
    found, gaps = read(course)
    np.testing.assert_array_equal(found, course)
    assert not gaps.bridged
    # Silence at the start keeps nothing from being bridged behind it.
    course[20] = NAN
    np.testing.assert_array_equal(read(course)[0][19:22], [20, 21, 22])
    # Of zeros and NaN at an end only the NaN was lost.
    course[:2] = 0, NAN
    np.testing.assert_array_equal(read(course)[0][:3], [0, 3, 3])


@pytest.mark.parametrize(("lost", "refused"), [(8, False), (9, True)])
def test_a_fifth_of_the_frames_may_be_missing(lost, refused):
    course = line()
    course[1 : 2 * lost + 1 : 2] = NAN
    if not refused:
        np.testing.assert_allclose(read(course)[0], line())
        return
    with pytest.raises(InputError, match="more than 9 of 40 frames are missing"):
        read(course)


def test_frames_that_are_broken_in_part_are_refused_with_the_first_of_them():
    values = np.ones((20, 2, 3))
    values[7, 1, 1], values[9, 0, 0] = np.inf, NAN
    gaps = Gaps(lambda a, b: values[a:b], 20, 100.0)
    with pytest.raises(InputError, match=r"parts of 2 frames \(first: frame 7\)"):
        gaps.frames(5, 12)
    with pytest.raises(InputError, match="holds only NaN"):
        read([NAN] * 4)


def test_pixels_that_are_never_measured_are_zero_and_told_of():
    values = np.ones((20, 2, 3))
    values[:, 0, :2] = NAN
    values[6] = NAN
    values[9] = 0
    gaps = Gaps(lambda a, b: values[a:b], 20, 100.0)
    found = gaps.frames(0, 20)
    np.testing.assert_array_equal(found, np.broadcast_to([[0, 0, 1], [1, 1, 1]], (20, 2, 3)))
    assert gaps.warnings[0].startswith("2 of 6 pixels are never measured")
    assert gaps.bridged == {6, 9}
    values[15, 0, 1] = 1
    with pytest.raises(InputError, match="only of pixels that frame 15 shows"):
        gaps.frames(12, 18)


def test_the_power_of_a_frame_is_its_sum_of_squares_in_any_order_of_memory():
    values = np.random.default_rng(0).standard_normal((4, 3, 5))
    expected = (values**2).sum((1, 2))
    for order in ((0, 1, 2), (0, 2, 1), (2, 1, 0)):
        back = np.argsort(order)
        held = np.ascontiguousarray(values.transpose(order)).transpose(back)
        np.testing.assert_allclose(frame_power(held), expected)
