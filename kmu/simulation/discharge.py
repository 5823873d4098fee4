"""When motor units fire: rates, common drive, variable intervals, synchrony, doublets."""

import numpy as np
from numpy.typing import NDArray

from kmu.config.muscle import PoolConfig

_STEP = 0.005  # s, fine enough for a drive below 30 Hz
_SHARED_EVENT_RATE = 12.0  # Hz, of the input that synchronizes units
_SHARED_REACH = 0.030  # s, how far a firing may be drawn
_SHARED_JITTER = 0.0025  # s, of the firings of one shared event
_REFRACTORY = 0.025  # s, shortest interval but for doublets (40 Hz)


def drive_times(start: float, stop: float) -> NDArray[np.float64]:
    """The times in s at which rates are given, every 5 ms from ``start`` past ``stop``."""
    count = int(np.ceil((stop - start) / _STEP)) + 2
    return np.asarray(start + _STEP * np.arange(count), np.float64)


def common_drive(
    times: NDArray[np.float64], beta_share: float, rng: np.random.Generator
) -> NDArray[np.float64]:
    """A fluctuation shared by all units: (T,), mean 0, variance 1 in expectation.

    Its spectrum is flat to 1.5 Hz and falls beyond (common drive), with a share of power in a
    peak at 20 Hz (beta band).
    """
    frequency = np.fft.rfftfreq(len(times), _STEP)
    low = 1.0 / (1.0 + (frequency / 1.5) ** 6)
    low[0] = 0.0
    beta = np.exp(-0.5 * ((frequency - 20.0) / 4.0) ** 2)
    power = (1 - beta_share) * low / max(low.sum(), 1e-9) + beta_share * beta / beta.sum()
    normal = rng.standard_normal((2, len(frequency)))
    spectrum = np.sqrt(power / 2) * (normal[0] + 1j * normal[1])
    return np.fft.irfft(spectrum, len(times)) * len(times) / np.sqrt(2.0)


def discharge(
    times: NDArray[np.float64],
    rates: NDArray[np.float64],
    config: PoolConfig,
    rng: np.random.Generator,
) -> list[NDArray[np.float64]]:
    """Draws firing times.

    Intervals of mean 1 and the coefficient of variation of the recording are laid out in the
    units' own time, the integral of their rate, and mapped back: rates may change in between.

    Args:
        times: (T,) s, evenly spaced.
        rates: (K, T) Hz at these times; 0 where a unit is silent.
        config: ranges of the discharge statistics.
        rng: source of randomness.

    Returns:
        K ascending float64 arrays of firing times in s, within ``times``.
    """
    variation = rng.uniform(*config.interval_variation)
    fluctuation = common_drive(times, rng.uniform(*config.beta_share), rng)
    modulation = np.maximum(1.0 + rng.uniform(*config.common_drive) * fluctuation, 0.3)
    elapsed = np.zeros_like(rates)
    driven = rates * modulation
    elapsed[:, 1:] = np.cumsum(0.5 * (driven[:, 1:] + driven[:, :-1]) * _STEP, axis=1)
    count = int(elapsed[:, -1].max(initial=0.0) * 1.5) + 20
    # Gamma intervals: never negative, skewed to the right as measured ones are. Below 1 % of
    # variation they are as good as equal.
    shape = 1.0 / max(variation, 0.01) ** 2
    intervals = rng.gamma(shape, 1.0 / shape, (len(rates), count))
    # The first firing falls anywhere in an interval: units are not in step at the start.
    intervals[:, 0] *= rng.uniform(0.0, 1.0, len(rates))
    own_time = np.cumsum(intervals, axis=1)
    events = _shared_events(times, rng)
    share, doublet_share = rng.uniform(*config.synchronized), rng.uniform(*config.doublets)
    chance = rng.uniform(size=(2, len(rates), count))
    jitter = rng.normal(0.0, _SHARED_JITTER, (len(rates), count))
    gap = rng.uniform(0.005, 0.015, (len(rates), count))
    firings = []
    for k in range(len(rates)):
        here = own_time[k] < elapsed[k, -1]
        number = int(here.sum())
        # np.interp needs rising abscissae: a tiny slope where the unit is silent.
        rising = elapsed[k] + 1e-9 * np.arange(len(times))
        fired = np.interp(own_time[k, :number], rising, times)
        nearest = _nearest(events, fired)
        drawn = (chance[0, k, :number] < share) & (np.abs(nearest - fired) < _SHARED_REACH)
        fired = np.sort(np.where(drawn, nearest + jitter[k, :number], fired))
        fired = _apart(fired)
        double = chance[1, k, : len(fired)] < doublet_share
        fired = np.sort(np.concatenate([fired, fired[double] + gap[k, : len(fired)][double]]))
        firings.append(fired[(fired >= times[0]) & (fired < times[-1])])
    return firings


def _shared_events(times: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
    """Times of the input that all units share: intervals of 1/12 s, varying by a half."""
    count = int((times[-1] - times[0]) * _SHARED_EVENT_RATE * 1.5) + 10
    gaps = np.clip(rng.normal(1.0, 0.5, count), 0.3, 3.0) / _SHARED_EVENT_RATE
    return times[0] + np.cumsum(gaps)


def _nearest(events: NDArray[np.float64], fired: NDArray[np.float64]) -> NDArray[np.float64]:
    """For every firing the event nearest to it."""
    after = np.clip(np.searchsorted(events, fired), 1, len(events) - 1)
    before = after - 1
    closer = fired - events[before] < events[after] - fired
    return np.where(closer, events[before], events[after])


def _apart(fired: NDArray[np.float64]) -> NDArray[np.float64]:
    """Drops firings that follow the one before within the refractory time."""
    if len(fired) < 2 or np.diff(fired).min() >= _REFRACTORY:
        return fired
    kept = [fired[0]]
    for time in fired[1:]:
        if time - kept[-1] >= _REFRACTORY:
            kept.append(time)
    return np.array(kept)
