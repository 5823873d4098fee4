"""Jolts of the probe in a recording at the model's rate: the rule of ``kmu.models.jolts`` in numpy.

A long recording reaches the model in blocks; found in the whole of it, a jolt is counted once, and
told. The numbers are those of the graph and explained there; a test holds both together.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

LEVEL, COMMON, LOUD = 4.0, 0.7, 3.0
HALF, THREE_QUARTERS = 2, 3
AROUND, MARGIN, LONGEST, LONGEST_LINEAR = 50, 2, 16, 54
_FLAT = 1e-3


@dataclass(frozen=True)
class Gap:
    """Frames ``start`` to ``stop`` (excluded) that are bridged; good ones lie beside them."""

    start: int
    stop: int

    def __len__(self) -> int:
        return self.stop - self.start

    def neighbours(self, frames: int) -> tuple[int, int]:
        """The good frames to draw between, of a recording of ``frames``; at its ends one twice."""
        before, after = self.start - 1, self.stop
        return (after if before < 0 else before), (before if after == frames else after)

    def shares(self) -> NDArray[np.float32]:
        """(stop - start,) share of the frame after in each; the rest is of the one before."""
        return (np.arange(1, len(self) + 1) / (len(self) + 1)).astype(np.float32)

    def drawn(self, before: NDArray[np.float32], after: NDArray[np.float32]) -> NDArray[np.float32]:
        """(len, N) straight from what the good frame before shows, (N,), to the one after."""
        return before + self.shares()[:, None] * (after - before)


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

    def jolted(self, quarters: int = HALF) -> NDArray[np.bool_]:
        """(T,) the frames of jolts, which stand out from so many of those around, with margins."""
        square, mean = np.concatenate(self._square), np.concatenate(self._mean)
        high = _stands_out(np.sqrt(square), quarters) & (mean**2 > COMMON * square * self.seen)
        return widened(high)


def runs_of(marked: NDArray[np.bool_], longest: int) -> list[Gap]:
    """The runs of marked frames (T,) of at most ``longest`` frames, and not of all."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], marked.astype(np.int8), [0]])))
    runs = [Gap(int(start), int(stop)) for start, stop in edges.reshape(-1, 2)]
    return [gap for gap in runs if len(gap) <= min(longest, len(marked) - 1)]


def widened(high: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """(T,) the marked frames with their margins."""
    return np.convolve(high, np.ones(2 * MARGIN + 1), "full")[MARGIN : MARGIN + len(high)] > 0


def linear_basis(inside: NDArray[np.bool_]) -> NDArray[np.float32]:
    """(P, 3), orthonormal: all that is linear in space on the P pixels of a mask (Z, X)."""
    down, across = (np.arange(size) / max(size - 1, 1) * 2 - 1 for size in inside.shape)
    whole = np.ones(inside.shape)
    found: list[NDArray[np.float64]] = []
    for column in (whole, whole * down[:, None], whole * across):
        left = column[inside]
        for other in found:
            left = left - (left @ other) * other
        size = np.linalg.norm(left)
        # An image of one row or column has no second direction.
        found.append(left / size if size > _FLAT else np.zeros_like(left))
    return np.stack(found, axis=1).astype(np.float32)


def _stands_out(level: NDArray[np.float64], quarters: int) -> NDArray[np.bool_]:
    """(T,) whether a frame's level is high among so many quarters of those around it."""
    width = min(2 * AROUND + 1, len(level))
    rank = quarters * width // 4
    windows = np.lib.stride_tricks.sliding_window_view(level, width)
    # Long recordings piece by piece: sorting copies every window.
    usual = np.concatenate(
        [np.partition(windows[k : k + 4096], rank)[:, rank] for k in range(0, len(windows), 4096)]
    )[np.clip(np.arange(len(level)) - AROUND, 0, len(level) - width)]
    # Where most frames are silent there is nothing to compare with.
    return (level > LEVEL * usual) & (usual > 0)
