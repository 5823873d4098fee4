"""Recordings in which places move as in a contraction, and no unit twitches."""

from typing import Any

import numpy as np
import tensorflow as tf

Tensor = Any


def without_twitches(velocity: Tensor, seed: Tensor) -> Tensor:
    """A recording turned in time, or with the phases of its frequencies drawn at random.

    The same is done to every pixel, so that what moved together still does, as strongly and at the
    same frequencies: only the course is no longer made of twitches, which rise fast and fall slow.

    Args:
        velocity: (T, Z, X) float32.
        seed: (2,) of the choice and the phases.

    Returns:
        (T, Z, X) float32.
    """
    draw = tf.random.stateless_uniform([2], seed)

    def scrambled() -> Tensor:
        frames = tf.shape(velocity)[0]
        spectrum = tf.signal.rfft(tf.transpose(velocity, (1, 2, 0)))
        # The first frequency, and the last of an even number of frames, are real: left alone.
        inner = (frames - 1) // 2
        angle = tf.random.stateless_uniform([inner], seed + 1, 0.0, np.float32(2 * np.pi))
        angle = tf.pad(angle, [[1, tf.shape(spectrum)[-1] - 1 - inner]])
        turned = tf.signal.irfft(spectrum * tf.complex(tf.cos(angle), tf.sin(angle)), [frames])
        return tf.transpose(turned, (2, 0, 1))

    return tf.cond(draw[0] < 0.5, lambda: tf.reverse(velocity, [0]), scrambled)
