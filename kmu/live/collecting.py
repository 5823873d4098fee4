"""All pieces of a stream, put together as motor units: what is saved when it ends."""

import numpy as np
from numpy.typing import NDArray

from kmu.live.pieces import Piece
from kmu.motor_units import MotorUnits


class Collecting:
    """Keeps trains and firings, a few kilobytes a second, of all units that were ever followed.

    Args:
        frame_rate: of the trains, Hz.
    """

    def __init__(self, frame_rate: float) -> None:
        self._rate = frame_rate
        self._trains: list[tuple[int, NDArray[np.int64], NDArray[np.float32]]] = []
        self._firings: dict[int, list[NDArray[np.float64]]] = {}
        self._units: dict[int, tuple[NDArray[np.float32], float]] = {}
        self._spacing: tuple[float, float] | None = None
        self.notes: list[str] = []

    def add(self, piece: Piece, units: MotorUnits | None) -> None:
        """Adds a piece; ``units`` are those that are followed, with the territories they have."""
        self.notes += piece.notes
        if len(piece.time):
            first = round(float(piece.time[0]) * self._rate)
            self._trains.append((first, piece.ids, piece.twitch_train))
            for unit, times in zip(piece.ids, piece.firings, strict=True):
                if len(times):
                    self._firings.setdefault(int(unit), []).append(times)
        if units is not None:
            self._spacing = units.spacing
            for unit, territory, score in zip(units.ids, units.territory, units.score, strict=True):
                self._units[int(unit)] = (territory, float(score))

    def units(self, provenance: dict[str, object]) -> MotorUnits | None:
        """The units with their trains, zero where they were not followed; None before any."""
        if self._spacing is None or not self._trains:
            return None
        ids = sorted(self._units)
        row = {unit: k for k, unit in enumerate(ids)}
        last, _, end = self._trains[-1]
        train = np.zeros((len(ids), last + end.shape[1]), np.float32)
        for first, followed, part in self._trains:
            rows = [row[int(unit)] for unit in followed]
            train[rows, first : first + part.shape[1]] = part
        territories = [self._units[unit][0] for unit in ids]
        return MotorUnits(
            territory=np.stack(territories) if ids else np.zeros((0, 1, 1), np.float32),
            twitch_train=train,
            firings=[np.concatenate([np.zeros(0), *self._firings.get(k, [])]) for k in ids],
            score=np.array([self._units[unit][1] for unit in ids], np.float32),
            frame_rate=self._rate,
            spacing=self._spacing,
            ids=np.array(ids, np.int64),
            provenance=provenance,
        )
