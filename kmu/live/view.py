"""Rates and rasters of the last seconds in the terminal, with plain ANSI codes."""

import shutil
import time
from collections import deque
from typing import TextIO

import numpy as np

from kmu.live.pieces import Counts, Piece

SECONDS = 10.0
# A unit's rate is that of its firings in the last seconds.
_RATE_S = 2.0
_REDRAW_S = 0.2
_HOME, _REST = "\x1b[H", "\x1b[J"


class View:
    """Draws the last ten seconds.

    Args:
        out: a terminal, or anything that text is written to.
        counts: of the stream.
    """

    def __init__(self, out: TextIO, counts: Counts) -> None:
        self._out, self._counts = out, counts
        self._firings: dict[int, deque[float]] = {}
        self._bridged: deque[float] = deque()
        self._now = self._delay = 0.0
        self._said: deque[str] = deque(maxlen=3)
        self._ids: list[int] = []
        self._drawn = -np.inf

    def add(self, piece: Piece) -> None:
        """Takes a piece, and draws if the last drawing is old enough."""
        self._said.extend(piece.notes)
        if len(piece.time):
            self._ids = [int(unit) for unit in piece.ids]
            self._now, self._delay = float(piece.time[-1]), piece.delay
            for unit, times in zip(self._ids, piece.firings, strict=True):
                self._firings.setdefault(unit, deque()).extend(times.tolist())
            self._bridged.extend(piece.time[piece.bridged].tolist())
            for kept in (*self._firings.values(), self._bridged):
                while kept and kept[0] < self._now - SECONDS:
                    kept.popleft()
        if time.monotonic() - self._drawn >= _REDRAW_S:
            self.draw()

    def draw(self) -> None:
        """Draws now."""
        self._drawn = time.monotonic()
        size = shutil.get_terminal_size((100, 40))
        # The cursor goes home and each line to its end: nothing flickers.
        lines = self.lines(size.columns, size.lines)
        self._out.write(_HOME + "".join(f"{line}\x1b[K\n" for line in lines) + _REST)
        self._out.flush()

    def lines(self, columns: int, rows: int) -> list[str]:
        """What is drawn on a terminal of that size."""
        width = max(columns - 17, 10)
        shown = self._ids[: max(rows - 7, 1)]
        head = (
            f"{self._now:8.2f} s  {len(self._ids)} units  delay {1000 * self._delay:.0f} ms  "
            f"lost {self._counts.lost + self._counts.unusable}"
        )
        lines = [head[:columns], f"{'unit':>5} {'per s':>6}  {'-' * width}"]
        dull = {self._column(at, width) for at in self._bridged}
        for unit in shown:
            row = ["~" if k in dull else " " for k in range(width)]
            times = self._firings.get(unit, deque())
            for at in times:
                row[self._column(at, width)] = "|"
            rate = sum(at > self._now - _RATE_S for at in times) / _RATE_S
            lines.append(f"{unit:>5} {rate:6.1f}  {''.join(row)}")
        if len(shown) < len(self._ids):
            lines.append(f"      and {len(self._ids) - len(shown)} more units")
        return [*lines, *(said[:columns] for said in self._said)]

    def _column(self, at: float, width: int) -> int:
        share = 1 - (self._now - at) / SECONDS
        return min(max(int(share * width), 0), width - 1)
