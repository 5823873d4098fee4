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
        self._pieces: list[Piece] = []
        self._units: dict[int, tuple[NDArray[np.float32], float]] = {}
        self._spacing: tuple[float, float] | None = None
        self.notes: list[str] = []

    def add(self, piece: Piece, units: MotorUnits | None) -> None:
        """Adds a piece; ``units`` are those that are followed, with the territories they have."""
        self.notes += piece.notes
        if len(piece.time):
            self._pieces.append(piece)
        if units is not None:
            self._spacing = units.spacing
            for unit, territory, score in zip(units.ids, units.territory, units.score, strict=True):
                self._units[int(unit)] = (territory, float(score))

    def units(self, provenance: dict[str, object]) -> MotorUnits | None:
        """The units with their trains, zero where they were not followed; None before any."""
        if self._spacing is None or not self._pieces:
            return None
        ids = sorted(self._units)
        row = {unit: k for k, unit in enumerate(ids)}
        frames = round(float(self._pieces[-1].time[-1]) * self._rate) + 1
        train = np.zeros((len(ids), frames), np.float32)
        firings: list[list[NDArray[np.float64]]] = [[np.zeros(0)] for _ in ids]
        for piece in self._pieces:
            first = round(float(piece.time[0]) * self._rate)
            rows = [row[int(unit)] for unit in piece.ids]
            train[rows, first : first + len(piece.time)] = piece.twitch_train
            for k, times in zip(rows, piece.firings, strict=True):
                firings[k].append(times)
        territories = [self._units[unit][0] for unit in ids]
        return MotorUnits(
            territory=np.stack(territories) if ids else np.zeros((0, 1, 1), np.float32),
            twitch_train=train,
            firings=[np.concatenate(times) for times in firings],
            score=np.array([self._units[unit][1] for unit in ids], np.float32),
            frame_rate=self._rate,
            spacing=self._spacing,
            ids=np.array(ids, np.int64),
            provenance=provenance,
        )
