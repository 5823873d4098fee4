"""Two recordings whose units are known, as the data set has them, and a builder that gives them."""

import types

import numpy as np
import tensorflow as tf
from linear_world import train_of

RATE, SIDE, FRAMES = 100.0, 0.625, 120
# Depth and width in pixels, then for each unit: row and column of its centre, half of its depth and
# width in pixels, mm/s, firings in s. Compact, far apart, and no two firings on one frame.
ONE = (24, 32, [(11, 9, 5.5, 6.5, 1.0, [0.153, 0.312, 0.478, 0.596, 0.781, 0.927, 1.064])])
TWO = (
    24,
    40,
    [
        (8, 28, 5.0, 7.0, 1.2, [0.096, 0.225, 0.391, 0.522, 0.674, 0.823, 0.948, 1.085]),
        (14, 9, 6.0, 5.5, 0.9, [0.181, 0.287, 0.446, 0.634, 0.752, 0.884, 1.021]),
    ],
)


def example(depth, width, units, noise=0.05):
    """Territories times trains and a little noise, in mm/s."""
    row, column = np.mgrid[:depth, :width]
    territory, trains = [], []
    for z, x, tall, wide, strength, firings in units:
        far = np.sqrt(((row - z) / tall) ** 2 + ((column - x) / wide) ** 2)
        territory.append(1 / (1 + np.exp(8 * (far - 1))))
        trains.append(strength * train_of(firings, 0.06, FRAMES, RATE))
    velocity = np.einsum("kt,kzx->tzx", trains, territory)
    velocity += np.random.default_rng(depth * width).normal(0, noise, velocity.shape)
    return {
        "velocity": velocity.astype(np.float32),
        "territory": np.round(255 * np.array(territory)).astype(np.uint8),
        "twitch_train": np.array(trains, np.float32),
        "firings": {"times": tf.ragged.constant([unit[-1] for unit in units], tf.float32)},
        "frame_rate": np.float32(RATE),
        "spacing": np.array([SIDE, SIDE], np.float32),
    }


class Prepared:
    """What training asks of a data set's builder: these examples, in this order."""

    def __init__(self, examples):
        split = types.SimpleNamespace(num_examples=len(examples))
        self.info = types.SimpleNamespace(splits={"train": split})
        self.examples = examples

    def as_dataset(self, split, **_):
        count = int(split[7:-1]) if split.startswith("train[:") else len(self.examples)
        parts = [tf.data.Dataset.from_tensors(one) for one in self.examples[:count]]
        joined = parts[0]
        for part in parts[1:]:
            joined = joined.concatenate(part)
        return joined
