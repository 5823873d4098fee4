"""What another scanner, another muscle or a bad day would have made of a recording: at random.

Every function takes velocity (T, Z, X) of one example on the model grid and a (2,) seed, and is
used in some of the recordings only; where the truth changes too, it comes back changed.
"""

from collections.abc import Callable
from typing import Any

import tensorflow as tf

Tensor = Any
# Least and greatest sigma of blurred noise along each axis, px of the model grid.
_BLUR = (0.3, 2.0)
# Most of one frame's noise that is left in the next (100 Hz).
_LASTING = 0.8
# Poles and zeros of the filter that changes the shape of twitches, each from 0 to this.
_POLE, _ZERO = 0.75, 0.5


def at_times(share: float, seed: Tensor, change: Callable[[], Any], otherwise: Any) -> Any:
    """What ``change`` gives in a share of the recordings, else ``otherwise``."""
    if not share:
        return otherwise
    return tf.cond(tf.random.stateless_uniform([], seed) < share, change, lambda: otherwise)


def fold(seed: Tensor, number: int) -> Tensor:
    """An independent (2,) seed for one use."""
    return tf.random.experimental.stateless_fold_in(seed, number)


def smoothed(values: Tensor, beside: Tensor, axis: int) -> Tensor:
    """A running mean of three with weight ``beside`` on the outer ones; not if that is negative."""

    def smooth() -> Tensor:
        last = tf.shape(values)[axis] - 1
        before, after = (
            tf.gather(values, tf.clip_by_value(tf.range(last + 1) + step, 0, last), axis=axis)
            for step in (-1, 1)
        )
        return values + beside * (before + after - 2.0 * values)

    return tf.cond(beside > 0, smooth, lambda: values)


def shaped(velocity: Tensor, train: Tensor, seed: Tensor) -> tuple[Tensor, Tensor]:
    """Twitches of another shape: velocity and trains (K, T) through one causal filter.

    Its one pole draws twitches out, its one zero sharpens them. Firings stay when they were, since
    nothing moves before its cause.
    """
    draw = tf.random.stateless_uniform([2], seed)
    frames, depth, width = tf.unstack(tf.shape(velocity))
    filtering = _filter(frames, _POLE * draw[0], _ZERO * draw[1])
    moved = tf.matmul(filtering, tf.reshape(velocity, (frames, depth * width)))
    return (
        tf.reshape(moved, (frames, depth, width)),
        tf.matmul(train, filtering, transpose_b=True),
    )


def noisy(velocity: Tensor, share: Tensor, seed: Tensor, blurred: bool = False) -> Tensor:
    """Adds white noise, or such as a velocity estimator's window smears in space and time.

    Args:
        velocity: (T, Z, X) float32.
        share: the noise's power over that of the recording.
        seed: (2,).
        blurred: in every fourth recording then also several times as strong in some columns, as
            where the probe couples poorly.
    """
    noise = tf.random.stateless_normal(tf.shape(velocity), seed)
    if blurred:
        frames, depth, width = tf.unstack(tf.shape(velocity))
        noise = _blurred(noise, fold(seed, 1))
        lasting = _LASTING * tf.random.stateless_uniform([], fold(seed, 2))
        course = _filter(frames, lasting, tf.constant(0.0)) * tf.sqrt(1.0 - tf.square(lasting))
        noise = tf.matmul(course, tf.reshape(noise, (frames, depth * width)))
        noise = tf.reshape(noise, (frames, depth, width))
        noise = at_times(0.25, fold(seed, 3), lambda: _in_columns(noise, fold(seed, 4)), noise)
    power = tf.reduce_mean(tf.square(velocity))
    return velocity + tf.sqrt(power * share) * noise


def unevenly_seen(velocity: Tensor, most: float, seed: Tensor) -> Tensor:
    """Velocity with a gain for each place, whose logarithm deviates by up to ``most``."""
    size = most * tf.random.stateless_uniform([], seed)
    white = tf.random.stateless_normal(tf.shape(velocity[:1]), fold(seed, 1))
    return velocity * tf.exp(size * _blurred(white, fold(seed, 2)))


def slipped(velocity: Tensor, most: float, seed: Tensor) -> Tensor:
    """The probe slips sideways once, by at most ``most`` pixels; the truth is half way."""
    draw = tf.random.stateless_uniform([2], seed)
    frames, width = tf.shape(velocity)[0], tf.shape(velocity)[2]
    when = tf.cast((0.2 + 0.6 * draw[0]) * tf.cast(frames, tf.float32), tf.int32)
    half = most * (draw[1] - 0.5)
    place = tf.cast(tf.range(width), tf.float32)

    def moved(part: Tensor, by: Tensor) -> Tensor:
        seen = tf.clip_by_value(place + by, 0.0, tf.cast(width - 1, tf.float32))
        weight = tf.nn.relu(1.0 - tf.abs(seen[:, None] - place))
        return tf.matmul(part, weight, transpose_b=True)

    return tf.concat([moved(velocity[:when], half), moved(velocity[when:], -half)], axis=0)


def _filter(frames: Tensor, pole: Tensor, zero: Tensor) -> Tensor:
    """(T, T) of the filter (1 - zero / z) / (1 - pole / z), from rest."""
    place = tf.cast(tf.range(frames), tf.float32)
    lag = place[:, None] - place
    later = (pole - zero) * tf.pow(pole, tf.nn.relu(lag - 1.0))
    return tf.where(lag > 0, later, tf.cast(lag == 0, tf.float32))


def _blurred(noise: Tensor, seed: Tensor) -> Tensor:
    """White noise (T, Z, X) blurred along depth and width, as strong as before."""
    _, depth, width = tf.unstack(tf.shape(noise))
    sigma = tf.random.stateless_uniform([2], seed, *_BLUR)
    down, across = _blur(depth, sigma[0]), _blur(width, sigma[1])
    return tf.matmul(tf.matmul(down, noise), across, transpose_b=True)


def _blur(size: Tensor, sigma: Tensor) -> Tensor:
    """(size, size) Gaussian weights that leave the variance of white noise as it is."""
    place = tf.cast(tf.range(size), tf.float32)
    weight = tf.exp(-tf.square(place[:, None] - place) / (2 * tf.square(sigma)))
    return weight / tf.norm(weight, axis=1, keepdims=True)


def _in_columns(noise: Tensor, seed: Tensor) -> Tensor:
    """Noise that is three to ten times as strong over up to half of the width."""
    draw = tf.random.stateless_uniform([3], seed)
    width = tf.cast(tf.shape(noise)[2], tf.float32)
    share = 0.1 + 0.4 * draw[0]
    first = (1.0 - share) * draw[1] * width
    place = tf.cast(tf.range(tf.shape(noise)[2]), tf.float32)
    inside = tf.cast((place >= first) & (place < first + share * width), tf.float32)
    return noise * (1.0 + (2.0 + 7.0 * draw[2]) * inside)
