"""Frames brought to the model's rate as they come, with the kernel that recordings get offline."""

import numpy as np
from numpy.typing import NDArray

from kmu.identification.resample import time_weights

# Output frames that are made by one product of matrices: few, since each needs few input frames.
_TOGETHER = 8


class Decimation:
    """Resamples a stream; output frame n lies at n / ``target_rate`` seconds.

    The kernel is cut off ``latest`` seconds after the output frame, where it is small, and divided
    by its sum: what has not come yet is not waited for.

    Args:
        frame_rate: of the input, Hz.
        target_rate: of the output, Hz.
        latest: s; the kernel's own reach is two frames of the slower rate.
    """

    def __init__(self, frame_rate: float, target_rate: float, latest: float) -> None:
        self._ratio = frame_rate / target_rate
        self._wide = 2 * max(self._ratio, 1.0)
        self._after = min(latest * frame_rate, self._wide)
        self._held = np.zeros((0, 1, 1), np.float32)
        self._start = self._next = 0

    @property
    def latest(self) -> float:
        """How long after its time an output frame is there, in input frames."""
        return self._after

    def restart(self, start: int) -> int:
        """Forgets all; input goes on with frame ``start``. Returns the next output's number."""
        self._held, self._start = self._held[:0], start
        self._next = int(np.ceil(start / self._ratio - 1e-9))
        return self._next

    def push(self, frames: NDArray[np.float32]) -> NDArray[np.float32]:
        """Takes the next input frames (n, Z, X); returns the output frames that are ready."""
        self._held = np.concatenate([self._held, frames]) if len(self._held) else frames
        newest = self._start + len(self._held) - 1
        ready = int(np.floor((newest - self._after) / self._ratio + 1e-9)) + 1
        made = [
            self._made(first, min(first + _TOGETHER, ready))
            for first in range(self._next, ready, _TOGETHER)
        ]
        self._next = max(ready, self._next)
        keep = max(int(np.floor(self._next * self._ratio - self._wide)), self._start)
        # A copy: the caller's array is not held.
        self._held = self._held[keep - self._start :].copy()
        self._start = keep
        return np.concatenate(made) if made else np.zeros((0, *frames.shape[1:]), np.float32)

    def finish(self) -> NDArray[np.float32]:
        """The output frames within what came that still wait for what comes after them."""
        if not len(self._held):
            return self._held
        stop = int(np.floor((self._start + len(self._held) - 1) / self._ratio + 1e-9)) + 1
        first, self._next = self._next, max(stop, self._next)
        if first >= stop:
            return self._held[:0]
        return self._made(first, stop)

    def _made(self, first: int, stop: int) -> NDArray[np.float32]:
        low = max(int(np.floor(first * self._ratio - self._wide)), self._start)
        end = self._start + len(self._held)
        high = min(int(np.floor((stop - 1) * self._ratio + self._after + 1e-9)) + 1, end)
        weights = time_weights(first, stop, low, high, high, self._ratio)
        late = np.arange(low, high) > np.arange(first, stop)[:, None] * self._ratio + (
            self._after + 1e-6
        )
        weights[late] = 0.0
        weights /= weights.sum(1, keepdims=True)
        part = self._held[low - self._start : high - self._start]
        return (weights @ part.reshape(len(part), -1)).reshape(-1, *part.shape[1:])
