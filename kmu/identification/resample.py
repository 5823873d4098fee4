"""Resampling in time, in numpy: the same kernel as the model's own grid uses.

Keys' cubic convolution (a = -1/2, IEEE Trans. ASSP 29:1153, 1981), widened by the ratio where the
target is coarser, which is the anti-aliasing. Doing it before the model, block by block, keeps
memory small; at the target rate the model's own resampling then changes nothing.
"""

from collections.abc import Iterator
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from kmu.recording import Recording


class FrameSource(Protocol):
    """Anything that frames can be read from: a recording in its file, or a coarse copy."""

    @property
    def shape(self) -> tuple[int, int, int]:
        """(T, Z, X)."""

    @property
    def frame_rate(self) -> float:
        """Hz."""

    @property
    def spacing(self) -> tuple[float, float]:
        """(dz, dx) in mm."""

    def frames(self, start: int, stop: int) -> NDArray[np.float32]:
        """Frames ``start`` to ``stop`` (excluded) as (frames, Z, X) float32, mm/s."""


class RecordingFrames:
    """A recording in memory as a :class:`FrameSource`."""

    def __init__(self, recording: Recording) -> None:
        self._velocity = recording.velocity
        self.shape: tuple[int, int, int] = recording.velocity.shape
        self.frame_rate = recording.frame_rate
        self.spacing = recording.spacing

    def frames(self, start: int, stop: int) -> NDArray[np.float32]:
        """A view of the frames."""
        return self._velocity[start:stop]


def time_weights(
    first: int, stop: int, low: int, high: int, frames: int, ratio: float
) -> NDArray[np.float32]:
    """Weights of input frames ``low`` to ``high`` for output frames ``first`` to ``stop``.

    Args:
        first: first output frame; output i lies at input position i * ratio.
        stop: last output frame (excluded).
        low: first input frame that is at hand.
        high: last input frame (excluded); all that the outputs reach must be at hand.
        frames: length of the whole input.
        ratio: input frames per output frame.

    Returns:
        (stop - first, high - low) float32; every row sums to 1.
    """
    positions = np.minimum(np.arange(first, stop) * ratio, frames - 1)
    distance = np.abs(positions[:, None] - np.arange(low, high)[None]) / max(ratio, 1.0)
    near = (1.5 * distance - 2.5) * distance * distance + 1.0
    far = ((-0.5 * distance + 2.5) * distance - 4.0) * distance + 2.0
    weights = np.where(distance < 1, near, np.where(distance < 2, far, 0.0))
    return (weights / weights.sum(1, keepdims=True)).astype(np.float32)


def output_frames(frames: int, ratio: float) -> int:
    """How many output frames ``frames`` input frames give."""
    return max(round(frames / ratio), 1)


def reach(first: int, stop: int, frames: int, ratio: float) -> tuple[int, int]:
    """The input frames (first, last excluded) that outputs ``first`` to ``stop`` need."""
    wide = 2 * max(ratio, 1.0)
    low = int(np.floor(first * ratio - wide))
    high = int(np.ceil((stop - 1) * ratio + wide)) + 1
    return max(min(low, frames - 1), 0), min(high, frames)


def resample_courses(
    courses: NDArray[np.floating], ratio: float, count: int
) -> NDArray[np.float32]:
    """Resamples courses (K, T) along time to (K, count); output i lies at i * ratio."""
    frames = courses.shape[1]
    result = np.empty((len(courses), count), np.float32)
    for first in range(0, count, 512):
        stop = min(first + 512, count)
        low, high = reach(first, stop, frames, ratio)
        weights = time_weights(first, stop, low, high, frames, ratio)
        result[:, first:stop] = courses[:, low:high].astype(np.float32) @ weights.T
    return result


def decimated(source: FrameSource, frame_rate: float, chunk: int) -> Iterator[NDArray[np.float32]]:
    """Reads a source once, in order, and yields it at a lower frame rate.

    Args:
        source: read in pieces of about ``chunk`` frames.
        frame_rate: of the output, Hz; not above the source's own.
        chunk: input frames to hold at a time.

    Yields:
        (n, Z, X) float32 arrays, one after another the whole recording.
    """
    frames, depth, width = source.shape
    ratio = source.frame_rate / frame_rate
    count = output_frames(frames, ratio)
    step = max(int(chunk / ratio), 1)
    if ratio == 1:
        # Nothing to compute, and no threads of a product that wait beside what comes next.
        yield from (
            source.frames(first, min(first + step, count)) for first in range(0, count, step)
        )
        return
    held, held_from = np.empty((0, depth, width), np.float32), 0
    for first in range(0, count, step):
        stop = min(first + step, count)
        low, high = reach(first, stop, frames, ratio)
        held_to = held_from + len(held)
        fresh = source.frames(max(held_to, low), high) if high > held_to else held[:0]
        tail = held[max(low - held_from, 0) :]
        weights = time_weights(first, stop, low, high, frames, ratio)
        result = _product(weights[:, len(tail) :], fresh)
        if len(tail):
            result += _product(weights[:, : len(tail)], tail)
        yield result
        # Only what the next piece reaches back to is kept.
        back = reach(stop, min(stop + step, count) or stop, frames, ratio)[0]
        fresh_from = max(held_to, low)
        held = np.concatenate(
            [tail[len(tail) - max(fresh_from - back, 0) :], fresh[max(back - fresh_from, 0) :]]
        )
        held_from = high - len(held)


def _product(weights: NDArray[np.float32], frames: NDArray[np.float32]) -> NDArray[np.float32]:
    """``weights`` (n, m) times ``frames`` (m, Z, X), without turning the frames' memory order."""
    _, depth, width = frames.shape
    if frames.strides[1] < frames.strides[2]:
        turned = weights @ frames.transpose(0, 2, 1).reshape(len(frames), width * depth)
        return turned.reshape(-1, width, depth).transpose(0, 2, 1)
    return (weights @ frames.reshape(len(frames), depth * width)).reshape(-1, depth, width)
