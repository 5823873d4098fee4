"""Trains and firings of the latest frames, from unmixed courses in a sliding window.

Everything here works on 4 K + 1 courses instead of images. A frame is decided on when ``ahead``
more frames have come, and always with exactly as many: how a stream is cut into pieces changes
nothing. Towards the newest frame the window ends as a recording does.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from kmu.identification.firings import firings_from_probability
from kmu.identification.jolts import (
    AROUND,
    COMMON,
    LEVEL,
    LONGEST,
    MARGIN,
    THREE_QUARTERS,
    runs_of,
    widened,
)
from kmu.live.calibration import PER_UNIT, Calibration
from kmu.live.model import SEEN, Model
from kmu.live.steady import high_pass, smoothed

# Frames before the decided one that the regressor sees: its receptive field reaches 70 frames to
# either side.
BEFORE = 70
# A firing is also taken if its peak is in the frame before the decided one: peaks move by a frame
# while the window does. Measured on simulated recordings, without it up to a quarter were missed.
LATE = 1
# Seconds over which a unit's scale follows, as the stretches of a long recording do offline, and
# the share of the calibrated scale below which it never falls: a silent unit's noise is no train.
FOLLOWING_S = 5.0
LEAST_SCALE = 0.5
# Peaks of one unit within this, s, are the same firing seen again: bumps of the firing probability
# have a standard deviation of 10 ms.
REFRACTORY_S = 0.025


class Decided(NamedTuple):
    """Frames that were decided on.

    Attributes:
        first: number of the first frame.
        twitch_train: (K, n) float32, mm/s.
        firings: K float64 arrays of times, in frames.
        bridged: (n,) bool, frames of jolts that were drawn over.
    """

    first: int
    twitch_train: NDArray[np.float32]
    firings: list[NDArray[np.float64]]
    bridged: NDArray[np.bool_]


class Window:
    """The sliding window of one calibration.

    Args:
        calibration: the units.
        model: whose regressor is used.
        ahead: frames after the decided one that must have come, at least 1.
        threshold: least probability of a firing.
        first: number of the first frame that will be pushed, and decided on.

    Attributes:
        calibration: may be replaced by one with the same units.
        length: frames that it looks back over, those ahead included.
    """

    def __init__(
        self,
        calibration: Calibration,
        model: Model,
        ahead: int,
        threshold: float,
        first: int,
    ) -> None:
        self.calibration = calibration
        self._model, self._ahead, self._threshold = model, ahead, threshold
        self._rate = model.frame_rate
        # (frames of the window and those that lead up to it, frames of the window)
        steady = high_pass(BEFORE + 1 + ahead, model.drift_window)
        self._filter = smoothed(steady, calibration.quieting).T
        self._long = max(len(self._filter) + LONGEST + MARGIN, 2 * AROUND + 1)
        self.length = self._long + ahead
        self._courses = np.zeros((len(calibration.projection), 0), np.float32)
        self._level = np.zeros(0)
        self._jolt = np.zeros(0, bool)
        self._pushed = self._next = first
        self._square = calibration.scale.astype(np.float64) ** 2
        self._last = np.full(len(calibration.units), -np.inf)

    def succeed(self, other: "Window") -> None:
        """Goes on where a window with other units is: what it has decided on stays."""
        self._next = other._next
        last = dict(zip(other.calibration.units.ids, other._last, strict=True))
        self._last = np.array([last.get(k, -np.inf) for k in self.calibration.units.ids])

    def push(self, frames: NDArray[np.float32]) -> Decided:
        """Takes the next frames (n, Z, X) in mm/s; returns those that are decided on by now."""
        if len(frames):
            self._append(frames)
        stop = self._pushed - self._ahead
        ends = np.arange(self._next, stop) + self._ahead + 1
        clean, probability, bridged = self._seen(ends)
        decided = self._decided(
            clean[:, :, BEFORE], probability, np.full(len(ends), BEFORE), bridged[:, BEFORE]
        )
        self._forget()
        return decided

    def finish(self) -> Decided:
        """Decides on the frames that still wait, with what has come."""
        waiting = self._pushed - self._next
        if waiting <= 0:
            return self._decided(*self._nothing())
        clean, probability, bridged = self._seen(np.array([self._pushed]))
        size = clean.shape[2]
        columns = np.arange(size - waiting, size)
        return self._decided(
            clean[0][:, columns].T,
            np.repeat(probability, waiting, 0),
            columns,
            bridged[0, columns],
        )

    def _append(self, frames: NDArray[np.float32]) -> None:
        flat = frames.reshape(len(frames), -1)
        self._courses = np.concatenate([self._courses, self.calibration.projection @ flat.T], 1)
        size = np.abs(flat)
        square = np.einsum("tp,tp->t", flat, flat, dtype=np.float64) / flat.shape[1]
        common = size.mean(1, dtype=np.float64) ** 2 > COMMON * square * self.calibration.seen
        for level, moves in zip(np.sqrt(square), common, strict=True):
            # The rule of ``kmu.identification.jolts``, with the past alone to compare with.
            self._level = np.append(self._level, level)[-(2 * AROUND + 1) :]
            rank = THREE_QUARTERS * len(self._level) // 4
            usual = np.partition(self._level, rank)[rank]
            self._jolt = np.append(self._jolt, moves and 0 < LEVEL * usual < level)
        self._pushed += len(frames)

    def _forget(self) -> None:
        """Drops what no later frame looks back to, so that memory stays flat."""
        keep = self._long + self._pushed - self._next
        self._courses, self._jolt = self._courses[:, -keep:], self._jolt[-keep:]

    def _seen(
        self, ends: NDArray[np.intp]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.bool_]]:
        """Clean trains and firing probabilities (n, K, N), and what was bridged (n, N).

        Args:
            ends: (n,) number after the last frame of each window.
        """
        count, taps = len(self._last), self._filter.shape[0]
        size = self._filter.shape[1]
        courses = np.empty((len(ends), count, size, SEEN), np.float32)
        along = np.empty((len(ends), count, size), np.float32)
        bridged = np.zeros((len(ends), size), bool)
        scales = np.empty((len(ends), count, 1), np.float32)
        from_number = self._pushed - self._courses.shape[1]
        for k, end in enumerate(ends - from_number):
            low = max(end - self._long, 0)
            part, drawn = _bridged(self._courses[:, low:end], self._jolt[low:end])
            short = max(taps - part.shape[1], 0)
            # Before the first frame there is what it shows, as at a recording's start.
            part = np.pad(part, ((0, 0), (short, 0)), mode="edge")[:, -taps:]
            bridged[k] = np.pad(drawn, (short, 0))[-size:]
            steady = part @ self._filter
            scales[k] = self._scale(steady[:count, BEFORE], bridged[k, BEFORE])[:, None]
            own = steady[: PER_UNIT * count].reshape(PER_UNIT, count, size)
            courses[k, ..., : SEEN - 1] = own[: SEEN - 1].transpose(1, 2, 0)
            courses[k, ..., SEEN - 1] = steady[-1]
            along[k] = own[-1]
        courses /= scales[..., None]
        clean, logits = self._model.regress(courses, along / scales, self._known(scales))
        probability = np.divide(1, 1 + np.exp(-logits), dtype=np.float32)
        return clean * scales, probability, bridged

    def _known(self, scales: NDArray[np.float32]) -> NDArray[np.float32]:
        """(n, K, K), what clean trains in units of ``scales`` make of the courses along maps."""
        return self.calibration.known / scales * scales.transpose(0, 2, 1)

    def _scale(self, train: NDArray[np.float32], bridged: np.bool_) -> NDArray[np.float64]:
        """(K,) mm/s, what the courses are divided by: follows the root mean square slowly."""
        if not bridged:
            self._square += (train.astype(np.float64) ** 2 - self._square) / (
                FOLLOWING_S * self._rate
            )
        return np.maximum(np.sqrt(self._square), LEAST_SCALE * self.calibration.scale)

    def _decided(
        self,
        train: NDArray[np.float32],
        probability: NDArray[np.float32],
        columns: NDArray[np.intp],
        bridged: NDArray[np.bool_],
    ) -> Decided:
        """Peaks at or just before ``columns`` (n,) of probabilities (n, K, N), once each."""
        first = self._next
        firings: list[list[float]] = [[] for _ in self._last]
        for k, (seen, column) in enumerate(zip(probability, columns, strict=True)):
            low = column - LATE - 1
            peaks = firings_from_probability(seen[:, low : column + 2], 1.0, self._threshold)
            for unit, times in enumerate(peaks):
                for time in times + (first + k - LATE - 1):
                    if time - self._last[unit] > REFRACTORY_S * self._rate and time > first - 1:
                        firings[unit].append(float(time))
                        self._last[unit] = time
        self._next += len(columns)
        # A copy: a view would hold the whole window for as long as the piece is kept.
        return Decided(
            first, train.T.copy(), [np.array(times, np.float64) for times in firings], bridged
        )

    def _nothing(self) -> tuple[NDArray, NDArray, NDArray, NDArray]:
        count, size = len(self._last), self._filter.shape[1]
        return (
            np.zeros((0, count), np.float32),
            np.zeros((0, count, size), np.float32),
            np.zeros(0, np.intp),
            np.zeros(0, bool),
        )


def _bridged(
    courses: NDArray[np.float32], jolt: NDArray[np.bool_]
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Courses (C, T) drawn straight over jolts, and (T,) where; unfinished ones hold the last."""
    drawn = np.zeros(len(jolt), bool)
    if not jolt.any():
        return courses, drawn
    courses = courses.copy()
    for gap in runs_of(widened(jolt), LONGEST):
        before, after = (courses[:, k] for k in gap.neighbours(len(jolt)))
        courses[:, gap.start : gap.stop] = gap.drawn(before, after).T
        drawn[gap.start : gap.stop] = True
    return courses, drawn
