"""A model that finds whatever twitches alone in its place, without a network."""

import numpy as np
from scipy.ndimage import maximum_filter, uniform_filter

from kmu.identification.served_model import ServedModel


class Finder(ServedModel):
    """Finds whatever twitches alone in its place, without a network; needs no TensorFlow."""

    def __call__(self, velocity, frame_rate, spacing):
        power = uniform_filter((velocity**2).mean(0), 3)
        peak = (power == maximum_filter(power, 9)) & (power > 0.25 * power.max())
        at = np.argwhere(peak)[:8]
        z = np.arange(power.shape[0])[:, None] * spacing[0]
        x = np.arange(power.shape[1])[None] * spacing[1]
        far = [(z - i * spacing[0]) ** 2 + (x - j * spacing[1]) ** 2 for i, j in at]
        territory = np.exp(-np.array(far) / 9).astype(np.float32)
        maps = territory.reshape(len(at), -1)
        train = np.linalg.lstsq(maps.T, velocity.reshape(len(velocity), -1).T, rcond=None)[0]
        # A firing is where the swing begins, 60 ms before its middle.
        later = np.roll(train, -round(0.03 * frame_rate), axis=1)
        firing = np.clip(later / np.abs(train).max(1, keepdims=True), 0, 1)
        score = power[tuple(at.T)] / power.max()
        found = {"territory": territory, "twitch_train": train, "firing_probability": firing,
                 "score": 0.3 + 0.6 * score}  # fmt: skip
        # One place more than there are units.
        return {k: np.pad(v, [(0, 1), *[(0, 0)] * (v.ndim - 1)]) for k, v in found.items()}
