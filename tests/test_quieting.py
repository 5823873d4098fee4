"""What is mostly noise is smoothed in time; what is mostly motion stays as it is."""

import numpy as np
import pytest

from kmu.config import GridConfig
from kmu.live.steady import smoothed as in_windows
from kmu.models.grid import normalise
from kmu.models.quieting import quieted, quieting_share


def smoothed(flat):
    return np.asarray(quieted(np.float32(flat)))


def course(frequency, frames=400):
    return np.sin(2 * np.pi * frequency * (np.arange(frames) + 0.3) / 100)


def test_a_recording_of_twitches_stays_as_it_is_to_the_last_bit():
    rise = np.maximum(np.arange(200) % 11 - 3, 0) / 3  # 30 ms to the peak, nine a second
    twitches = np.float32(rise * np.exp(1 - rise))[None, :, None] * np.ones((1, 1, 5))
    np.testing.assert_array_equal(smoothed(twitches), np.float32(twitches))


def differentiated(seed, *shape):
    """Noise of displacements, as velocity: the filter would take five eighths of its power."""
    return np.diff(np.random.default_rng(seed).normal(size=shape), axis=1)


def test_noise_of_displacements_keeps_an_eighth_of_its_power_and_its_place_in_time():
    noise = differentiated(0, 1, 4001, 20)
    found = smoothed(noise)
    assert np.mean(found**2) == pytest.approx(np.mean(noise**2) / 8, rel=0.02)
    noise[0, 2000] += 40.0
    blip = smoothed(noise)[0, 1998:2003].mean(1)
    np.testing.assert_allclose(blip, [0, 10, 20, 10, 0], atol=0.5)


@pytest.mark.parametrize(
    ("frequency", "left"), [(12.0, 1.0), (24.9, 1.0), (27.24, 1 - 0.57 / 2), (40.0, 0.0955)]
)
def test_how_much_is_smoothed_follows_from_what_the_filter_would_take(frequency, left):
    # Of a sine at f the filter takes sin2(pi f / 100): at 25 Hz half, a quarter of the power; at
    # 27.24 Hz 0.57, of the power 0.325, which is half of the way from 0.25 to 0.4.
    wave = course(frequency)[None, :, None]
    ratio = smoothed(wave)[0, 10:-10].std() / wave[0, 10:-10].std()
    assert ratio == pytest.approx(left, abs=0.01)


def test_recordings_of_a_batch_are_smoothed_each_by_its_own_noise():
    quiet, loud = course(5)[None, :, None], course(40)[None, :, None]
    both = smoothed(np.concatenate([quiet, loud]))
    np.testing.assert_array_equal(both[:1], smoothed(quiet))
    np.testing.assert_array_equal(both[1:], smoothed(loud))


@pytest.mark.parametrize("frames", [1, 2])
def test_the_shortest_recordings_pass(frames):
    assert smoothed(np.ones((1, frames, 3))).shape == (1, frames, 3)


def test_power_is_1_after_smoothing_and_the_scale_tells_it():
    noise = np.float32(differentiated(1, 1, 4001, 64))
    level = np.ones(1, np.float32)
    (loud, before), (left, after) = (
        normalise(noise, level, (8, 8), GridConfig(quieting=wanted)) for wanted in (False, True)
    )
    assert np.mean(np.square(loud)) == pytest.approx(1, abs=1e-4)
    assert np.mean(np.square(left)) == pytest.approx(1, abs=1e-4)
    # The filter of drift takes nearly nothing from such noise.
    assert float(after[0] / before[0]) == pytest.approx(np.sqrt(1 / 8), rel=0.02)


def test_a_stream_smooths_its_windows_as_recordings_are_smoothed():
    noise = np.float32(differentiated(2, 1, 91, 7))
    share = float(quieting_share(noise)[0, 0, 0])
    assert share == 1.0
    np.testing.assert_allclose(in_windows(noise[0], share), smoothed(noise)[0], atol=1e-6)
    np.testing.assert_array_equal(in_windows(noise[0], 0.0), noise[0])
