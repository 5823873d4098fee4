"""Frames at the model's rate that came before the units are known; they are not lost."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray


class Waiting:
    """Segments without gaps, in order.

    Args:
        most: frames that may wait.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._segments: list[tuple[int, list[NDArray[np.float32]]]] = []

    @property
    def full(self) -> bool:
        """Whether more frames wait than may."""
        return sum(len(part) for _, parts in self._segments for part in parts) > self._most

    def begin(self, start: int) -> None:
        """Begins a segment with the frame of this number."""
        self._segments.append((start, []))

    def add(self, frames: NDArray[np.float32]) -> None:
        """Adds frames (n, Z, X) to the segment."""
        self._segments[-1][1].append(frames)

    def drop(self) -> tuple[int, int]:
        """Drops the oldest segment; returns the number of its first frame and its length."""
        start, parts = self._segments.pop(0)
        return start, sum(map(len, parts))

    def taken(self) -> Iterator[tuple[int, list[NDArray[np.float32]]]]:
        """All segments: number of the first frame, and the parts; nothing waits any more."""
        while self._segments:
            yield self._segments.pop(0)
