"""From what a window decided to the pieces that come out, counted on the way."""

from collections import deque

import numpy as np
from numpy.typing import NDArray

from kmu.live.pieces import Counts, Notes, Piece
from kmu.live.window import Decided


class Reporting:
    """Makes pieces.

    Args:
        counts: where frames and firings are counted.
        notes: that go out with the next piece.
        rate: of the model, Hz.
    """

    def __init__(self, counts: Counts, notes: Notes, rate: float) -> None:
        self.counts, self.notes, self._rate = counts, notes, rate
        self._drawn: deque[tuple[float, float]] = deque(maxlen=64)
        self._fired: dict[int, float] = {}

    def drawn(self, start: float, stop: float) -> None:
        """Lost frames from ``start`` to ``stop`` (s) were drawn over."""
        self._drawn.append((start, stop))

    def silent(self, ids: NDArray[np.int64], since: float) -> NDArray[np.bool_]:
        """(K,) which units did not fire since a time, s."""
        return np.array([self._fired.get(int(unit), -1.0) < since for unit in ids], bool)

    def piece(self, decided: Decided, ids: NDArray[np.int64], newest: float) -> Piece:
        """A piece of what was decided on.

        Args:
            decided: at the model's rate.
            ids: (K,) of the units.
            newest: s, time of the newest frame that came.
        """
        count = len(decided.bridged)
        time = (decided.first + np.arange(count)) / self._rate
        bridged = decided.bridged.copy()
        self.counts.jolted += int(bridged.sum())
        for start, stop in self._drawn:
            bridged |= (time >= start) & (time < stop)
        firings = [frames / self._rate for frames in decided.firings]
        for unit, times in zip(ids, firings, strict=True):
            if len(times):
                self._fired[int(unit)] = float(times[-1])
        self.counts.decided += count
        self.counts.firings += sum(map(len, firings))
        return Piece(
            ids=ids,
            time=time,
            twitch_train=decided.twitch_train,
            firings=firings,
            bridged=bridged,
            delay=newest - float(time[0]) if count else 0.0,
            notes=self.notes.taken(),
        )

    def notes_alone(self) -> Piece:
        """A piece that holds nothing but what is to be said."""
        none = np.zeros(0, np.int64)
        trains = np.zeros((0, 0), np.float32)
        return Piece(none, np.zeros(0), trains, [], np.zeros(0, bool), 0.0, self.notes.taken())
