"""What arrives, put in order: numbers that are missing, frames that cannot be used, repetitions."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from kmu.errors import InputError
from kmu.live.pieces import Counts, Notes

# Gaps up to this length, s, are drawn over, as long as the longest jolt that is
# (``kmu.identification.jolts.LONGEST``); after longer ones the stream begins anew.
LONGEST_GAP_S = 0.16


class Run(NamedTuple):
    """Frames without a gap.

    Attributes:
        start: number of the first frame.
        frames: (n, Z, X) float32, mm/s.
        fresh: whether the stream begins anew with them.
        bridged: how many of them, the first, are drawn over a gap.
    """

    start: int
    frames: NDArray[np.float32]
    fresh: bool
    bridged: int


class Sequence:
    """Puts pieces in order and draws over small gaps.

    Args:
        frame_rate: Hz.
        counts: where everything is counted.
        notes: where everything is said.
    """

    def __init__(self, frame_rate: float, counts: Counts, notes: Notes) -> None:
        self._rate, self._counts, self._notes = frame_rate, counts, notes
        self._longest = round(LONGEST_GAP_S * frame_rate)
        self._expected = 0
        self._last: NDArray[np.float32] | None = None
        self._last_number = -1
        self._outside: NDArray[np.bool_] | None = None
        self.shape: tuple[int, int] | None = None

    @property
    def newest(self) -> int:
        """Number after the newest frame that came."""
        return self._expected

    def take(self, frames: NDArray[np.floating], first: int | None) -> Iterator[Run]:
        """The good runs of a piece.

        Args:
            frames: (n, Z, X), mm/s.
            first: number of the first of them, counted from 0 at the stream's start; the one after
                the last that came if None.

        Raises:
            InputError: if the shape is not that of earlier pieces.
        """
        frames = self._checked(frames)
        self._counts.received += len(frames)
        number = self._expected if first is None else first
        known = min(max(self._expected - number, 0), len(frames))
        if known:
            self._counts.repeated += known
            self._notes.say(
                f"{known} frames from number {number} had come already: they were left out"
            )
            frames, number = frames[known:], number + known
        if not len(frames):
            return
        missing = number - self._expected
        if missing:
            self._counts.lost += missing
            self._notes.say(f"{missing} frames from number {self._expected} were lost")
        self._expected = number + len(frames)
        frames = self._within_view(frames)
        good = self._usable(frames, number)
        edges = np.flatnonzero(np.diff(np.concatenate([[0], good.astype(np.int8), [0]])))
        for start, stop in edges.reshape(-1, 2):
            yield self._run(number + int(start), frames[start:stop])

    def _checked(self, frames: NDArray[np.floating]) -> NDArray[np.float32]:
        frames = np.asarray(frames)
        if frames.ndim != 3 or not np.issubdtype(frames.dtype, np.floating):
            raise InputError(
                f"frames have shape {frames.shape} and type {frames.dtype}; they must be "
                "(time, depth, lateral) of real numbers in mm/s"
            )
        if self.shape is None:
            if 0 in frames.shape[1:]:
                raise InputError(f"frames of {frames.shape[1:]} pixels hold nothing")
            self.shape = frames.shape[1:]
        if frames.shape[1:] != self.shape:
            raise InputError(
                f"a piece has frames of {frames.shape[1:]} pixels, those before had {self.shape}"
            )
        return frames.astype(np.float32, copy=False)

    def _within_view(self, frames: NDArray[np.float32]) -> NDArray[np.float32]:
        """The frames with zeros for pixels that were NaN in all of the first piece."""
        if self._outside is None:
            outside = np.logical_and.reduce(np.isnan(frames), axis=0)
            if outside.all():
                return frames
            self._outside = outside
            if outside.any():
                self._notes.say(
                    f"{outside.sum()} pixels are NaN: outside the field of view, taken as zero"
                )
        if not self._outside.any():
            return frames
        return np.where(self._outside, np.float32(0), frames)

    def _usable(self, frames: NDArray[np.float32], number: int) -> NDArray[np.bool_]:
        """(n,) bool."""
        flat = frames.reshape(len(frames), -1)
        # A sum is finite only if all of it is, and costs a fifth of asking every value; in double
        # precision no sum of finite numbers overflows.
        good = np.isfinite(flat.sum(1, dtype=np.float64)) & flat.any(1)
        if not good.all():
            bad = np.flatnonzero(~good)
            self._counts.unusable += len(bad)
            self._notes.say(
                f"{len(bad)} frames hold NaN, infinity or nothing but zeros (first: number "
                f"{number + bad[0]})"
            )
        return good

    def _run(self, start: int, frames: NDArray[np.float32]) -> Run:
        before, last = self._last, self._last_number
        self._last, self._last_number = frames[-1].copy(), start + len(frames) - 1
        self._counts.used += len(frames)
        gap = start - last - 1
        if before is None:
            self._counts.skipped += gap
            return Run(start, frames, True, 0)
        if not gap:
            return Run(start, frames, False, 0)
        if gap > self._longest:
            self._counts.skipped += gap
            self._counts.restarts += 1
            self._notes.say(
                f"no frames for {gap / self._rate:.2f} s from {(last + 1) / self._rate:.2f} s on: "
                "there are no trains and no firings for them"
            )
            return Run(start, frames, True, 0)
        self._counts.bridged += gap
        self._notes.say(f"{gap} frames from {(last + 1) / self._rate:.3f} s on were drawn over")
        share = (np.arange(1, gap + 1, dtype=np.float32) / (gap + 1))[:, None, None]
        between = before + share * (frames[0] - before)
        return Run(last + 1, np.concatenate([between, frames]), False, gap)
