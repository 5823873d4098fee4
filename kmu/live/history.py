"""The latest frames at the model's rate, in a ring that never grows."""

import numpy as np
from numpy.typing import NDArray


class History:
    """A ring of frames without a gap.

    Args:
        capacity: frames.
    """

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self._ring: NDArray[np.float32] | None = None
        self._next = self._count = 0

    def __len__(self) -> int:
        return self._count

    @property
    def missing(self) -> int:
        """Frames until it is full."""
        return self.capacity - self._count

    def clear(self) -> None:
        """Forgets all."""
        self._next = self._count = 0

    def add(self, frames: NDArray[np.float32]) -> None:
        """Adds frames (n, Z, X); the oldest are forgotten."""
        frames = frames[-self.capacity :]
        if self._ring is None:
            self._ring = np.zeros((self.capacity, *frames.shape[1:]), np.float32)
        places = (self._next + np.arange(len(frames))) % self.capacity
        self._ring[places] = frames
        self._next = (self._next + len(frames)) % self.capacity
        self._count = min(self._count + len(frames), self.capacity)

    def last(self, count: int) -> NDArray[np.float32]:
        """A copy of the last ``count`` frames, or of all there are."""
        count = min(count, self._count)
        assert self._ring is not None
        return self._ring[(self._next - count + np.arange(count)) % self.capacity]
