"""The easiest world there is: exactly linear, one map and one train a unit, white noise.

On it a sound blind source separation must do well, whatever the simulator of the package does.
40 x 40 mm in 64 x 64 pixels, 2 s at 100 Hz, elliptical territories of 3 to 11 mm, ISI CoV 8 to
25 %, up to 30 % synchronized firings, smooth motion of everything.
"""

import numpy as np
from scipy import ndimage

from kmu import MotorUnits, Recording

RATE = 100.0
SPACING = (0.625, 0.625)


def twitch(contraction, rate=RATE):
    """Velocity of a twitch with time to peak ``contraction`` s, of peak 1."""
    time = np.arange(0, 0.5, 1 / rate)
    relative = time / contraction
    shape = relative**4.45 * np.exp(4.45 * (1 - relative))
    velocity = np.gradient(shape, time)
    return velocity / velocity.max()


def train_of(firings, contraction, frames, rate=RATE):
    impulses = np.zeros(frames)
    at = np.asarray(firings) * rate
    low = np.floor(at).astype(int)
    for index, share in ((low, 1 - at + low), (low + 1, at - low)):
        inside = index < frames
        np.add.at(impulses, index[inside], share[inside])
    return np.convolve(impulses, twitch(contraction, rate))[:frames]


def regular_firings(rng, rate, variation, seconds):
    intervals = rng.normal(1 / rate, variation / rate, int(seconds * rate * 2) + 20)
    times = np.cumsum(np.maximum(intervals, 0.02)) - rng.uniform(0, 1 / rate)
    return times[(times >= 0) & (times < seconds)]


def write_recordings(folder):
    """Three small recordings with truth, as a lab could have them."""
    for seed in range(3):
        recording, truth = linear_recording(seed, units=2 + seed, size=48, frames=120, snr=15)
        recording.save(folder / f"r{seed}.h5")
        truth.save(folder / f"r{seed}.truth.h5")
    return folder


def linear_recording(seed, units=None, snr=None, frames=200, size=64, background=1.0):
    """(Recording, MotorUnits) of a linear world."""
    rng = np.random.default_rng(seed)
    units = int(rng.integers(3, 31)) if units is None else units
    snr = rng.uniform(0, 20) if snr is None else snr
    seconds = frames / RATE
    z, x = np.mgrid[:size, :size] * SPACING[0]
    extent = size * SPACING[0]
    shared = regular_firings(rng, 10, 0.2, seconds)
    territory, trains, firings = [], [], []
    for _ in range(units):
        centre = rng.uniform(0.08 * extent, 0.92 * extent, 2)
        long, short = rng.uniform(5, 11) / 2, rng.uniform(3, 5.5) / 2
        angle = rng.uniform(0, np.pi)
        u = (z - centre[0]) * np.cos(angle) + (x - centre[1]) * np.sin(angle)
        v = -(z - centre[0]) * np.sin(angle) + (x - centre[1]) * np.cos(angle)
        radius = np.sqrt((u / long) ** 2 + (v / short) ** 2)
        territory.append(1 / (1 + np.exp((radius - 1) * 8)))
        own = regular_firings(rng, rng.uniform(6, 15), rng.uniform(0.08, 0.25), seconds)
        for k in np.flatnonzero(rng.random(len(own)) < rng.uniform(0, 0.3)):
            own[k] = shared[np.abs(shared - own[k]).argmin()] + rng.normal(0, 0.004)
        own = np.unique(np.clip(own, 0, seconds - 1e-3))
        amplitude = rng.uniform(0.5, 1.5)
        firings.append(own)
        trains.append(amplitude * train_of(own, rng.uniform(0.05, 0.09), frames))
    territory = np.reshape(territory, (units, size, size)).astype(np.float32)
    trains = np.reshape(trains, (units, frames)).astype(np.float32)
    velocity = np.tensordot(trains, territory, (0, 0))
    power = float(np.mean(velocity**2)) or 1.0
    course = ndimage.gaussian_filter1d(rng.normal(size=frames), 8)
    course *= background * np.sqrt(power) / course.std()
    slope = rng.uniform(-0.5, 0.5, 2)
    velocity += course[:, None, None] * (1 + slope[0] * (z / extent) + slope[1] * (x / extent))
    velocity += rng.normal(0, np.sqrt(power / 10 ** (snr / 10)), velocity.shape)
    truth = MotorUnits(territory, trains, firings, np.ones(units), RATE, SPACING)
    return Recording(velocity, RATE, SPACING, {"snr_db": float(snr)}), truth
