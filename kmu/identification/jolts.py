"""Jolts of the probe in a recording at the model's rate: the rule of ``kmu.models.jolts`` in numpy.

A long recording reaches the model in blocks; found in the whole of it, a jolt is counted once, and
told. The numbers are those of the graph and explained there; a test holds both together.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

LEVEL, QUARTERS, COMMON = 4.0, 3, 0.7
AROUND, MARGIN, LONGEST = 50, 2, 16


@dataclass(frozen=True)
class Gap:
    """Frames ``start`` to ``stop`` (excluded) that are bridged; good ones lie beside them."""

    start: int
    stop: int

    def neighbours(self, frames: int) -> tuple[int, int]:
        """The good frames to draw between, of a recording of ``frames``; at its ends one twice."""
        before, after = self.start - 1, self.stop
        return (after if before < 0 else before), (before if after == frames else after)

    def shares(self) -> NDArray[np.float32]:
        """(stop - start,) share of the frame after in each; the rest is of the one before."""
        count = self.stop - self.start
        return (np.arange(1, count + 1) / (count + 1)).astype(np.float32)


class FrameLevels:
    """What the rule needs to know of each frame, gathered while a recording is read.

    Args:
        shape: (Z, X).
    """

    def __init__(self, shape: tuple[int, int]) -> None:
        self._square: list[NDArray[np.float64]] = []
        self._mean: list[NDArray[np.float64]] = []
        self._seen = np.zeros(shape, bool)

    def add(self, part: NDArray[np.float32]) -> None:
        """Adds the next frames (n, Z, X), mm/s."""
        size = np.abs(part)
        self._square.append(np.einsum("tzx,tzx->t", part, part, dtype=np.float64) / part[0].size)
        self._mean.append(size.mean(axis=(1, 2), dtype=np.float64))
        self._seen |= size.max(axis=0) > 0

    @property
    def seen(self) -> float:
        """Share of the pixels that ever moved."""
        return float(self._seen.mean())

    def gaps(self) -> list[Gap]:
        """The runs of frames of jolts, margins included, that are short enough to be bridged."""
        square, mean = np.concatenate(self._square), np.concatenate(self._mean)
        level, frames = np.sqrt(square), len(square)
        width = min(2 * AROUND + 1, frames)
        high = level > LEVEL * _usual(level, width)
        high &= mean**2 > COMMON * square * self.seen
        return gaps_of(high)


def gaps_of(high: NDArray[np.bool_]) -> list[Gap]:
    """The runs of marked frames (T,), margins included, that are short enough to be bridged."""
    frames = len(high)
    marked = np.convolve(high, np.ones(2 * MARGIN + 1), "full")[MARGIN : MARGIN + frames] > 0
    edges = np.flatnonzero(np.diff(np.concatenate([[0], marked.astype(np.int8), [0]])))
    runs = [Gap(int(start), int(stop)) for start, stop in edges.reshape(-1, 2)]
    return [gap for gap in runs if gap.stop - gap.start <= min(LONGEST, frames - 1)]


def _usual(level: NDArray[np.float64], width: int) -> NDArray[np.float64]:
    """(T,) what three quarters of the ``width`` frames around stay below; infinite for zero."""
    rank = QUARTERS * width // 4
    windows = np.lib.stride_tricks.sliding_window_view(level, width)
    # Long recordings piece by piece: sorting copies every window.
    middle = np.concatenate(
        [np.partition(windows[k : k + 4096], rank)[:, rank] for k in range(0, len(windows), 4096)]
    )
    first = np.clip(np.arange(len(level)) - AROUND, 0, len(level) - width)
    found = middle[first]
    return np.where(found > 0, found, np.inf)
