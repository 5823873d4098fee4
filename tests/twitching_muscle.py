"""A recording of a few units that is made in a moment, with the result that found all of them."""

from pathlib import Path

import numpy as np

from kmu.analysis.physiology import measure
from kmu.analysis.quality import measure_quality, overall
from kmu.identification.resample import RecordingFrames
from kmu.motor_units import MotorUnits
from kmu.recording import Recording
from kmu.writing.native import write_native

RATE = 100.0
SPACING = (1.0, 0.5)


def muscle(count: int = 4, seconds: float = 3.0) -> tuple[Recording, MotorUnits]:
    """Discs on a grid of 32 x 48 pixels that twitch, and a little noise."""
    rng = np.random.default_rng(5)
    frames = round(seconds * RATE)
    z, x = np.mgrid[:32, :48]
    places = [(4 + 8 * (k % 4), 5 + 9 * (k // 4 % 5)) for k in range(count)]
    territory = np.array(
        [np.clip(1.6 - np.hypot(z - a, (x - b) / 1.5) / 3, 0, 1) for a, b in places]
    ).reshape(count, 32, 48)
    time = np.arange(30) / RATE
    twitch = np.sin(2 * np.pi * time / 0.2) * np.exp(-time / 0.06)
    trains, firings = [], []
    for k in range(count):
        steps = rng.normal(1 / (8 + k % 5), 0.01, round(20 * seconds))
        times = 0.05 * (k % 7) + 0.1 + np.cumsum(steps)
        times = np.round(times[times < seconds - 0.05], 2)
        impulses = np.zeros(frames)
        impulses[np.round(times * RATE).astype(int)] = 1
        trains.append(np.convolve(impulses, twitch)[:frames])
        firings.append(times)
    train = np.array(trains).reshape(count, frames)
    velocity = np.einsum("kt,kzx->tzx", train, territory)
    velocity += 0.05 * rng.standard_normal(velocity.shape)
    units = MotorUnits(
        territory, train, firings, np.linspace(0.99, 0.5, count), RATE, SPACING
    )  # fmt: skip
    return Recording(velocity.astype(np.float32), RATE, SPACING), units


def write_muscle(folder: Path, count: int = 4, seconds: float = 3.0) -> tuple[Path, Path]:
    """The result and the recording as files."""
    recording, units = muscle(count, seconds)
    quality = measure_quality(units, RecordingFrames(recording))
    columns = {"quality": overall(quality), **quality, **measure(units)}
    write_native(units, folder / "trial.h5", columns, recording="trial_recording.h5")
    recording.save(folder / "trial_recording.h5")
    return folder / "trial.h5", folder / "trial_recording.h5"
