"""What a network finds in recordings of a split, before any threshold is chosen."""

from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from kmu.models import Identifier
from kmu.motor_units import MotorUnits
from kmu.progress import Progress
from kmu.train.data import recordings

# Below this score, before it is calibrated, nothing is looked at when thresholds are chosen.
_LOW = 0.02


def validation_units(
    identifier: Identifier, builder: Any, count: int, split: str = "validation"
) -> tuple[list[tuple[MotorUnits, MotorUnits]], list[NDArray[np.float32]]]:
    """What a network finds in validation recordings, before any threshold is chosen.

    Args:
        identifier: the network.
        builder: an opened data set.
        count: how many recordings; 0 for all.
        split: whose.

    Returns:
        For each recording the pair (found with a low threshold and without firings, true), and
        the (K, T) firing probability of the found.
    """
    pairs, probabilities = [], []
    validation = list(recordings(builder, split, count))
    answer = tf.function(identifier, reduce_retracing=True)
    with Progress(f"looking at {split}", len(validation), "recordings") as progress:
        for recording, true in validation:
            found = answer(
                {
                    "velocity": tf.constant(recording.velocity[None]),
                    "frame_rate": tf.constant([recording.frame_rate], tf.float32),
                    "spacing": tf.constant([recording.spacing], tf.float32),
                }
            )
            value = {name: tensor.numpy()[0] for name, tensor in found.items()}
            keep = value["score"] >= _LOW
            units = MotorUnits(
                territory=value["territory"][keep],
                twitch_train=value["twitch_train"][keep],
                firings=[np.zeros(0)] * int(keep.sum()),
                score=value["score"][keep],
                frame_rate=recording.frame_rate,
                spacing=recording.spacing,
            )
            pairs.append((units, true))
            probabilities.append(value["firing_probability"][keep])
            progress.advance()
    return pairs, probabilities
