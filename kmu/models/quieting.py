"""Noise is smoothed in time where there is more of it than of motion, before a network sees it."""

from typing import Any

from keras import ops

Tensor = Any
# How rough a recording is from which it is smoothed, and from which as much as can be; chosen. At
# 100 Hz twitches of 20 ms stay below 0.1, white noise is at 3/8, differentiated displacement's at
# 0.4 to 0.6.
_FROM, _WHOLLY = 0.25, 0.4


def quieted(flat: Tensor) -> Tensor:
    """Smooths a recording in time, the more the rougher it is; a smooth one stays as it is.

    The filter is binomial (1/4, 1/2, 1/4), symmetric, so that nothing comes later.

    Args:
        flat: (B, T, P) float32, courses at the model's rate, without drift.

    Returns:
        (B, T, P) float32.
    """
    taken_off = _taken_off(flat)
    return flat - _share(flat, taken_off) * taken_off


def quieting_share(flat: Tensor) -> Tensor:
    """How much of the filter a recording is smoothed with, (B, 1, 1) float32 in [0, 1].

    Args:
        flat: as for :func:`quieted`. What counts is the share of its power that the filter takes.
    """
    return _share(flat, _taken_off(flat))


def _share(flat: Tensor, taken_off: Tensor) -> Tensor:
    power, taken = (ops.mean(ops.square(one), (1, 2), keepdims=True) for one in (flat, taken_off))
    return ops.clip((taken / (power + 1e-16) - _FROM) / (_WHOLLY - _FROM), 0.0, 1.0)


def _taken_off(flat: Tensor) -> Tensor:
    """What the filter takes off; at the ends the first or last frame is repeated."""
    frames = ops.shape(flat)[1]
    at = ops.arange(frames)
    before = ops.take(flat, ops.maximum(at - 1, 0), axis=1)
    after = ops.take(flat, ops.minimum(at + 1, frames - 1), axis=1)
    return flat / 2.0 - (before + after) / 4.0
