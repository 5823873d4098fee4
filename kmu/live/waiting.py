"""Frames at the model's rate that came and were not yet looked at; they are not lost."""

from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Part:
    """Frames of one segment.

    Attributes:
        start: number of the first frame.
        frames: (n, Z, X) float32, mm/s.
        fresh: whether a segment begins with them.
    """

    start: int
    frames: NDArray[np.float32]
    fresh: bool

    @property
    def stop(self) -> int:
        """Number after the last frame."""
        return self.start + len(self.frames)


class Waiting:
    """Segments without gaps, in order.

    Args:
        most: frames that may wait.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._parts: deque[Part] = deque()
        self._next, self._fresh = 0, True
        self.count = 0

    @property
    def full(self) -> bool:
        """Whether more frames wait than may."""
        return self.count > self._most

    def begin(self, start: int) -> None:
        """Begins a segment with the frame of this number."""
        self._next, self._fresh = start, True

    def add(self, frames: NDArray[np.float32]) -> None:
        """Adds frames (n, Z, X) to the segment."""
        self._parts.append(Part(self._next, frames, self._fresh))
        self._next, self._fresh = self._next + len(frames), False
        self.count += len(frames)

    def taken(self, most: int) -> Part:
        """The oldest frames of one segment, in whole parts: at least one, else up to ``most``."""
        first = self._parts.popleft()
        frames = [first.frames]
        many = len(first.frames)
        while self._parts and not self._parts[0].fresh:
            if many + len(self._parts[0].frames) > most:
                break
            frames.append(self._parts.popleft().frames)
            many += len(frames[-1])
        self.count -= many
        return Part(first.start, np.concatenate(frames), first.fresh)

    def drop(self) -> Part:
        """Drops the oldest segment and returns it."""
        return self.taken(self.count)
