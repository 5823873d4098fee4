"""Jolts of the probe are bridged before anything is divided by their power, in the graph.

A knock moves the whole image, many times faster than any twitch, for a while. Left in, its power
takes the place of the muscle's in the normalisation, and its drift leaks into its neighbours. The
probe is stiff: what it does to the image is linear in space (it shifts, turns, presses). That part
is drawn straight over the jolt; the rest is the muscle's and stays, unless it is itself too strong
to be, as where a fast image cannot be followed. ``kmu.identification.jolts`` is the same rule in
numpy, for long recordings that reach the model in blocks.
"""

from typing import Any

from keras import ops

Tensor = Any
# A frame is of a jolt if its root mean square is over LEVEL times the median of those AROUND it (on
# either side, at 100 Hz). Measured on simulated recordings: jolts of 6 to 10 mm/s have 17 to 640
# times the median; frames without one, of one unit or many, at most 2.4 times.
LEVEL = 4.0
# A unit alone whose far field fills the image stands out like that too while it twitches; what is
# linear in space is not missed there. All may be drawn over only where the frame is over LEVEL
# times what three quarters of the frames around stay below: twitches that fill a quarter of the
# time are then the rule.
HALF, THREE_QUARTERS = 2, 3
AROUND = 50
# ... and if all of the image moves: the squared mean of the absolute velocity over its mean
# square, which is 1 for a rigid motion, 3/4 for a rotation or a compression, 0.64 for noise, and
# 0.3 to 0.7 for one unit whose motion falls with the logarithm of distance, to nothing at 30 mm.
COMMON = 0.7
# What is not linear in space is the jolt's too where it is over LOUD times what it reaches in any
# good frame AROUND. Chosen on simulated jolts (validation seeds): with 1.5 firings are lost, with
# no limit units are, where jolts are uneven.
LOUD = 3.0
# Frames on either side that are bridged too: the resampling spreads a jolt over them.
MARGIN = 2
_FLAT = 1e-3
# Longest run of which all may be drawn over, frames at 100 Hz. A twitch that stands out by itself
# is longer: it contracts in 30 to 90 ms and relaxes in more.
LONGEST = 16
# Longest run of which the linear part is drawn over. What fills more than half of the frames around
# it is their median, and no jolt.
LONGEST_LINEAR = 54


def find_jolts(flat: Tensor, quarters: int = HALF) -> Tensor:
    """(B, T) bool, frames of velocity (B, T, P) that belong to jolts, without any margin.

    Pixels that are zero in all frames are outside the field of view and do not count.

    Args:
        flat: the velocity.
        quarters: of the frames around, that a jolt stands out from.
    """
    size = ops.abs(flat)
    square, mean = ops.mean(ops.square(flat), axis=2), ops.mean(size, axis=2)
    seen = ops.mean(ops.cast(ops.max(size, axis=1) > 0, "float32"), axis=1)
    common = ops.square(mean) > COMMON * square * seen[:, None]
    return ops.logical_and(_stands_out(ops.sqrt(square), quarters), common)


def bridge_jolts(flat: Tensor, shape: tuple[Any, Any]) -> Tensor:
    """Velocity with jolts drawn straight between the good frames beside them.

    Drawn over is what is linear in space, and where for up to ``LONGEST`` frames the rest stands
    out too, all. At the ends the one good neighbour is repeated. Recordings without jolts come
    back as they are.

    Args:
        flat: (B, T, Z X) float32.
        shape: (Z, X).

    Returns:
        (B, T, Z X) float32.
    """
    frames = ops.shape(flat)[1]
    last = ops.cast(frames, "float32") - 1.0
    jolt = _widened(find_jolts(flat))
    before, after = _beside(jolt)
    # Where all frames are of a jolt there is no good one to draw from.
    some = ops.logical_and(jolt, after - before <= last + 1)
    bridged = ops.logical_and(some, after - before <= LONGEST_LINEAR + 1)
    left = ops.where(before < 0, after, before)
    right = ops.where(after > last, before, after)
    position = ops.cast(ops.arange(frames), "float32")
    share = ops.clip((position - left) / ops.maximum(right - left, 1.0), 0.0, 1.0)[..., None]
    left, right = (ops.cast(ops.clip(at, 0.0, last), "int32")[..., None] for at in (left, right))

    def drawn(courses: Tensor) -> Tensor:
        start = ops.take_along_axis(courses, left, axis=1)
        return start + share * (ops.take_along_axis(courses, right, axis=1) - start)

    basis = linear_basis(flat, shape)
    linear = ops.matmul(flat, basis)
    back = ops.swapaxes(basis, 1, 2)
    rest = flat - ops.matmul(linear, back)
    level = ops.sqrt(ops.mean(ops.square(rest), axis=2))
    usual = _largest(ops.where(jolt, 0.0, level), AROUND)
    loud = _widened(ops.logical_and(jolt, level > LOUD * usual))
    start, stop = _beside(loud)
    whole = ops.logical_and(loud, stop - start <= LONGEST + 1)
    whole = ops.logical_and(whole, _widened(find_jolts(flat, THREE_QUARTERS)))
    steady = ops.where(whole[..., None], drawn(rest), rest) + ops.matmul(drawn(linear), back)
    return ops.where(bridged[..., None], steady, flat)


def linear_basis(flat: Tensor, shape: tuple[Any, Any]) -> Tensor:
    """(B, P, 3), orthonormal: all that is linear in space, on pixels that ever move."""
    seen = ops.cast(ops.max(ops.abs(flat), axis=1) > 0, "float32")
    down, across = (
        2.0 * ops.cast(ops.arange(n), "float32") / ops.cast(ops.maximum(n - 1, 1), "float32") - 1.0
        for n in shape
    )
    zero = 0.0 * down[:, None] * across
    down, across = (ops.reshape(one + zero, (-1,)) for one in (down[:, None], across))
    found: list[Tensor] = []
    for column in (seen, seen * down, seen * across):
        for other in found:
            column = column - ops.sum(column * other, axis=1, keepdims=True) * other
        size = ops.sqrt(ops.sum(ops.square(column), axis=1, keepdims=True))
        # An image of one row or column has no second direction.
        found.append(ops.where(size > _FLAT, column / ops.maximum(size, _FLAT), 0.0))
    return ops.stack(found, axis=-1)


def _stands_out(level: Tensor, quarters: int) -> Tensor:
    """(B, T) bool, whether a frame's level is high among so many quarters of those around it."""
    frames = ops.shape(level)[1]
    # A number that is known stays a plain one: JAX cannot make an array of a traced length.
    most = 2 * AROUND + 1
    width = min(most, frames) if isinstance(frames, int) else ops.minimum(most, frames)
    first = ops.clip(ops.arange(frames) - AROUND, 0, frames - width)
    around = ops.take(level, first[:, None] + ops.arange(width), axis=1)
    usual = ops.take(ops.sort(around, axis=-1), quarters * width // 4, axis=-1)
    # Where most frames are silent there is nothing to compare with.
    return ops.logical_and(level > LEVEL * usual, usual > 0)


def _widened(marked: Tensor) -> Tensor:
    """(B, T) bool with the margins."""
    return _largest(ops.cast(marked, "float32"), MARGIN) > 0


def _largest(course: Tensor, around: int) -> Tensor:
    """(B, T) the largest of so many frames on either side."""
    return ops.max_pool(course[..., None], 2 * around + 1, strides=1, padding="same")[..., 0]


def _beside(marked: Tensor) -> tuple[Tensor, Tensor]:
    """(B, T) float32 each: index of the unmarked frames before and after every frame."""
    last = ops.cast(ops.shape(marked)[1], "float32") - 1.0
    good = ops.logical_not(marked)
    return _last_good(good), last - ops.flip(_last_good(ops.flip(good, axis=1)), axis=1)


def _last_good(good: Tensor) -> Tensor:
    """(B, T) float32, index of the last good frame up to each; -1 before the first.

    Where there is none within ``LONGEST_LINEAR`` frames it is far below -1.
    """
    index = ops.cast(ops.arange(ops.shape(good)[1]), "float32")
    index = ops.where(good, index, -1e9)
    index = ops.pad(index, [[0, 0], [1, 0]], constant_values=-1.0)
    index = ops.pad(index, [[0, 0], [LONGEST_LINEAR - 1, 0]], constant_values=-1e9)
    return ops.max_pool(index[..., None], LONGEST_LINEAR + 1, strides=1, padding="valid")[..., 0]
