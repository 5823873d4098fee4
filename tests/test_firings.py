"""Firing times from firing probability."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from kmu.identification.firings import firings_from_probability


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
