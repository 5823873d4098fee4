"""Firing times from firing probability."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kmu.identification.firings import firings_from_probability, heard_firings


def bumps(times: list[float], frame_rate: float, frames: int) -> np.ndarray:
    """Gaussian bumps of 10 ms at given times."""
    at = np.arange(frames) / frame_rate
    return np.exp(-0.5 * ((at[:, None] - np.asarray(times)[None]) / 0.01) ** 2).max(1)


@given(st.floats(0.05, 0.09), st.sampled_from([100.0, 250.0, 500.0, 1000.0]))
def test_firings_are_placed_between_frames(offset, frame_rate):
    times = offset + 0.1 * np.arange(8)
    found = firings_from_probability(
        bumps(times, frame_rate, int(frame_rate))[None], frame_rate, 0.5
    )
    np.testing.assert_allclose(found[0], times, atol=2e-4)


def test_a_maximum_on_the_first_or_last_frame_is_no_firing():
    for outside in ([0.5], [0.0, 0.5], [-0.008, 0.5, 0.997], [0.002, 0.5, 0.984]):
        found = firings_from_probability(bumps(outside, 100, 100)[None], 100.0, 0.5)
        inside = [time for time in outside if 0.005 < time < 0.985]
        np.testing.assert_allclose(found[0], inside, atol=2e-4)


def test_a_plateau_that_touches_the_border_is_no_firing():
    course = bumps([0.5], 100, 100)
    course[:3] = course[-2:] = 1
    found = firings_from_probability(np.stack([course, course]), 100.0, 0.5)
    for times in found:
        np.testing.assert_allclose(times, [0.5], atol=1e-6)


def test_low_peaks_do_not_count():
    assert len(firings_from_probability(0.4 * bumps([0.5], 100, 100)[None], 100.0, 0.5)[0]) == 0


def test_no_units_and_silent_units():
    assert firings_from_probability(np.zeros((0, 50)), 100.0, 0.5) == []
    assert [len(times) for times in firings_from_probability(np.zeros((2, 50)), 100.0, 0.5)] == [
        0,
        0,
    ]


def twitching(times, heights, frame_rate=100.0, frames=2000):
    """A train of twitches, each 30 ms up and 30 ms down from its firing on."""
    train = np.zeros(frames)
    for time, height in zip(times, heights, strict=True):
        first = round(time * frame_rate)
        train[first : first + 6] += height * np.array([0.3, 0.7, 1.0, 0.7, 0.3, -0.5])
    return train


def test_where_a_unit_pauses_small_remains_of_others_are_no_firings():
    own = np.concatenate([np.arange(0.5, 6, 0.15), np.arange(14, 19, 0.15)])
    others = np.arange(6.5, 13.5, 0.08)
    times = np.sort(np.concatenate([own, others]))
    heights = np.where(np.isin(times, others), 0.28, 1.0)
    probability = bumps(times.tolist(), 100.0, 2000)[None]
    train = twitching(times, heights)[None]
    (found,) = heard_firings(probability, train, 100.0, 0.5, stretches=True)
    np.testing.assert_allclose(found, own, atol=2e-3)
    # One twitch that is small among large ones counts; a tenth of them never does.
    (found,) = heard_firings(probability, train, 100.0, 0.5)
    np.testing.assert_allclose(found, times, atol=2e-3)
    heights[10], heights[12] = 0.28, 0.1
    (found,) = heard_firings(probability, twitching(times, heights)[None], 100.0, 0.5, True)
    np.testing.assert_allclose(found, np.delete(own, 12), atol=2e-3)


def test_a_single_firing_is_heard_and_a_unit_without_firings_has_none():
    probability = np.stack([bumps([3.0], 100.0, 2000), np.zeros(2000)])
    train = np.stack([twitching([3.0], [0.02]), np.zeros(2000)])
    one, none = heard_firings(probability, train, 100.0, 0.5, stretches=True)
    np.testing.assert_allclose(one, [3.0], atol=2e-3)
    assert none.size == 0


def heard_of_ten(offset=3, height=1.0):
    """Of ten firings, one a second: those heard if the last one's pulse is ``offset`` frames on."""
    times = np.arange(1.0, 11.0)
    train = np.zeros(1200)
    train[[100 * k + 3 for k in range(1, 10)]] = -1.0
    train[1000 + offset] = height
    probability = bumps(times.tolist(), 100.0, 1200)[None]
    return len(heard_firings(probability, train[None], 100.0, 0.5)[0])


@pytest.mark.parametrize(("offset", "heard"), [(-1, 9), (0, 10), (11, 10), (12, 9)])
def test_the_twitch_of_a_firing_begins_within_120_ms_of_it(offset, heard):
    assert heard_of_ten(offset) == heard


@pytest.mark.parametrize(("height", "heard"), [(0.19, 9), (0.21, 10), (-0.21, 10)])
def test_a_twitch_has_a_fifth_of_the_strong_ones(height, heard):
    assert heard_of_ten(height=height) == heard


@pytest.mark.parametrize(
    ("count", "height", "kept"), [(4, 0.3, 0), (3, 0.3, 3), (4, 0.35, 4), (6, 0.3, 0)]
)
def test_four_small_twitches_within_half_a_second_are_no_firings(count, height, kept):
    strong, small = np.arange(0.5, 4.6, 0.2), 5.1 + 0.09 * np.arange(count)
    times = np.r_[strong, small]
    probability = bumps(times.tolist(), 100.0, 1000)[None]
    train = twitching(times, np.r_[np.ones(len(strong)), np.full(count, height)], frames=1000)
    (found,) = heard_firings(probability, train[None], 100.0, 0.5, stretches=True)
    np.testing.assert_allclose(found, times[: len(strong) + kept], atol=2e-3)


def test_firings_at_the_very_end_are_judged_by_what_is_left():
    train = twitching([0.5, 0.97], [1.0, 1.0], frames=106)[:100]
    probability = bumps([0.5, 0.97], 100.0, 100)[None]
    (found,) = heard_firings(probability, train[None], 100.0, 0.5)
    np.testing.assert_allclose(found, [0.5, 0.97], atol=2e-3)
