"""Spike-triggered averaging: maps of units whose firings are known."""

import numpy as np
from numpy.typing import NDArray

from kmu.baselines.grid import reduce_recording
from kmu.baselines.units import joint_trains, territory_of_map
from kmu.config.baselines import StaSettings
from kmu.motor_units import MotorUnits
from kmu.recording import Recording


def spike_triggered_average(
    recording: Recording, settings: StaSettings | None = None, truth: MotorUnits | None = None
) -> MotorUnits:
    """Spike-triggered averaging (STA), an oracle: it is told the true firings.

    What EMG-informed studies do (Carbonaro et al., EMBC 2022). The velocity after each firing of
    a unit is averaged, and the map that goes with the strongest course of that average is the
    unit's. Firings, of course, are right; only territories and trains can be wrong.

    Args:
        recording: what to look into.
        settings: span of the average and the rest; the defaults if left out.
        truth: whose ``firings`` are used, and nothing else of it.
    """
    settings = settings or StaSettings()
    reduced = reduce_recording(recording, settings.grid)
    territory, kept, strength = [], [], []
    for firings in [] if truth is None else truth.firings:
        values, power = average_map(
            reduced.velocity, reduced.frame_rate, firings, settings.before, settings.after
        )
        one = territory_of_map(values, reduced.spacing, settings.territory)
        if one is not None:
            territory.append(one)
            kept.append(np.asarray(firings))
            strength.append(power)
    if not territory:
        return MotorUnits.none(recording.velocity.shape, recording.frame_rate, recording.spacing)
    own = reduced.territory_to_recording(np.stack(territory))
    return MotorUnits(
        territory=own,
        twitch_train=joint_trains(recording.velocity, own, settings.ridge),
        firings=kept,
        score=np.array(strength, np.float32),
        frame_rate=recording.frame_rate,
        spacing=recording.spacing,
    )


def average_map(
    velocity: NDArray[np.float32],
    frame_rate: float,
    firings: NDArray[np.float64],
    before: float,
    after: float,
) -> tuple[NDArray[np.float32], float]:
    """The map of the strongest component of a spike-triggered average.

    Args:
        velocity: (t, z, x).
        frame_rate: Hz.
        firings: s.
        before: start of the average ahead of a firing, s.
        after: its end behind a firing, s.

    Returns:
        (z, x) the map, its heavier tail positive, and the share of the average's power that it
        holds; zeros and 0 if no firing has its span inside the recording.
    """
    shape = velocity.shape[1:]
    first = np.round((np.asarray(firings) - before) * frame_rate).astype(int)
    width = max(round((before + after) * frame_rate), 2)
    first = first[(first >= 0) & (first + width <= len(velocity))]
    if not len(first):
        return np.zeros(shape, np.float32), 0.0
    average = velocity[first[:, None] + np.arange(width)].mean(0, dtype=np.float64)
    # What the whole image does at every moment is common motion, not this unit.
    average -= np.median(average, axis=(1, 2), keepdims=True)
    average -= average.mean(0)
    flat = average.reshape(width, -1)
    power, courses = np.linalg.eigh(flat @ flat.T)
    if not power[-1] > 0:
        return np.zeros(shape, np.float32), 0.0
    values = flat.T @ courses[:, -1]
    if (values**3).sum() < 0:
        values = -values
    share = float(np.clip(power[-1] / np.maximum(power, 0).sum(), 0, 1))
    return values.reshape(shape).astype(np.float32), share
