"""Jolts of the probe are bridged before anything is divided by their power, in the graph.

A knock moves the whole image, many times faster than any twitch, for a few frames. Left in, its
power takes the place of the muscle's in the normalisation, and its drift leaks into its
neighbours. ``kmu.identification.jolts`` is the same rule in numpy, for long recordings that reach
the model in blocks.
"""

from typing import Any

from keras import ops

Tensor = Any
# A frame is of a jolt if its root mean square is over LEVEL times what three quarters of the frames
# AROUND it (on either side, at 100 Hz) stay below. Measured on simulated recordings: jolts of 6 to
# 10 mm/s have 17 to 640 times the median; frames without one, of one unit or many, at most 2.4
# times. Three quarters, not half: twitches that fill a quarter of the time are then the rule.
LEVEL = 4.0
QUARTERS = 3
AROUND = 50
# ... and if all of the image moves: the squared mean of the absolute velocity over its mean
# square, which is 1 for a rigid motion, 3/4 for a rotation or a compression, 0.64 for noise, and
# 0.3 to 0.7 for one unit whose motion falls with the logarithm of distance, to nothing at 30 mm.
COMMON = 0.7
# Frames on either side that are bridged too: the resampling spreads a jolt over them.
MARGIN = 2
# Longest run that is bridged, frames at 100 Hz. A twitch that stands out by itself is longer: it
# contracts in 30 to 90 ms and relaxes in more.
LONGEST = 16


def find_jolts(flat: Tensor) -> Tensor:
    """(B, T) bool, frames of velocity (B, T, P) that belong to jolts, without any margin.

    Pixels that are zero in all frames are outside the field of view and do not count.
    """
    frames = ops.shape(flat)[1]
    size = ops.abs(flat)
    square, mean = ops.mean(ops.square(flat), axis=2), ops.mean(size, axis=2)
    seen = ops.mean(ops.cast(ops.max(size, axis=1) > 0, "float32"), axis=1)
    common = ops.square(mean) > COMMON * square * seen[:, None]
    level = ops.sqrt(square)
    # A number that is known stays a plain one: JAX cannot make an array of a traced length.
    most = 2 * AROUND + 1
    width = min(most, frames) if isinstance(frames, int) else ops.minimum(most, frames)
    first = ops.clip(ops.arange(frames) - AROUND, 0, frames - width)
    around = ops.take(level, first[:, None] + ops.arange(width), axis=1)
    usual = ops.take(ops.sort(around, axis=-1), QUARTERS * width // 4, axis=-1)
    # Where most frames are silent there is nothing to compare with.
    high = ops.logical_and(level > LEVEL * usual, usual > 0)
    return ops.logical_and(high, common)


def bridge_jolts(flat: Tensor) -> Tensor:
    """Velocity (B, T, P) with the frames of jolts drawn straight between the good ones beside them.

    At the ends the one good neighbour is repeated. Recordings without jolts come back as they are.
    """
    frames = ops.shape(flat)[1]
    marked = ops.cast(find_jolts(flat), "float32")[..., None]
    marked = ops.max_pool(marked, 2 * MARGIN + 1, strides=1, padding="same")[..., 0]
    good = marked == 0
    last = ops.cast(frames, "float32") - 1.0
    before = _last_good(good)
    after = last - ops.flip(_last_good(ops.flip(good, axis=1)), axis=1)
    short = ops.logical_and(after - before <= LONGEST + 1, after - before <= last + 1)
    bridged = ops.logical_and(ops.logical_not(good), short)
    left = ops.where(before < 0, after, before)
    right = ops.where(after > last, before, after)
    position = ops.cast(ops.arange(frames), "float32")
    share = (position - left) / ops.maximum(right - left, 1.0)
    left, right = (
        ops.take_along_axis(flat, ops.cast(ops.clip(at, 0.0, last), "int32")[..., None], axis=1)
        for at in (left, right)
    )
    between = left + ops.clip(share, 0.0, 1.0)[..., None] * (right - left)
    return ops.where(bridged[..., None], between, flat)


def _last_good(good: Tensor) -> Tensor:
    """(B, T) float32, index of the last good frame up to each; -1 before the first.

    Where there is none within ``LONGEST`` frames it is far below -1.
    """
    index = ops.cast(ops.arange(ops.shape(good)[1]), "float32")
    index = ops.where(good, index, -1e9)
    index = ops.pad(index, [[0, 0], [1, 0]], constant_values=-1.0)
    index = ops.pad(index, [[0, 0], [LONGEST - 1, 0]], constant_values=-1e9)
    return ops.max_pool(index[..., None], LONGEST + 1, strides=1, padding="valid")[..., 0]
