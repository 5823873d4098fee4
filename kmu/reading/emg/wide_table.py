"""Tables of firings with a column for each unit.

Below ``MU1, MU2, ...`` stand either firing times, each column as long as its unit has firings, or
zeros and ones, a row a moment: its time in a column of its own, or else a sample.
"""

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kmu.errors import InputError
from kmu.reading.emg.text_rows import Table, decimal, is_none
from kmu.reading.emg.units import EmgUnits, by_number, by_samples

# A number alone is no name: it may be the first row of a table without names.
_UNIT = re.compile(r"\s*(?:mu|unit|motor[\s_]*unit|emg[\s_]*unit)[\s_#-]*(\d{1,4})(?!\d)(.*)", re.I)


def unit_columns(table: Table) -> dict[int, tuple[int, str]] | None:
    """For each unit its column and what follows its number in the name; None if it is not such."""
    found: dict[int, tuple[int, str]] = {}
    for column, name in enumerate(table.header):
        match = _UNIT.fullmatch(name)
        if match:
            if int(match[1]) in found:
                return None
            found[int(match[1])] = (column, match[2])
    return found or None


def read(
    path: Path,
    table: Table,
    columns: dict[int, tuple[int, str]],
    scale: Callable[[str, str], float | None],
    time: tuple[int, float] | None,
    rate: float | None,
) -> EmgUnits:
    """The firings of every unit.

    Args:
        path: the table, for messages.
        table: with names.
        columns: of :func:`unit_columns`.
        scale: seconds of one step of a time in a column of that name (and of the name to show in
            messages), None if it holds samples.
        time: the column of times and the seconds of a step, if there is one.
        rate: of samples, Hz.

    Raises:
        InputError: if a cell is no number, or samples have no rate.
    """
    values = {
        number: [(line, decimal(path, row[column], line, table)) for line, row in table.rows
                 if not is_none(row[column])]
        for number, (column, _) in columns.items()
    }  # fmt: skip
    cells = [value for column in values.values() for _, value in column]
    filled = all(len(column) == len(table.rows) for column in values.values())
    if time is not None and not (filled and set(cells) <= {0.0, 1.0}):
        raise InputError(
            f"{path}: beside a column of times, the columns of units must hold 0 and 1 in every row"
        )
    if filled and len(cells) > len(values) and set(cells) <= {0.0, 1.0}:
        flags = {number: np.array([v for _, v in column]) > 0 for number, column in values.items()}
        if time is None:
            rows = {n: np.flatnonzero(f).astype(np.float64) for n, f in flags.items()}
            return _sampled(path, rows, rate)
        moments = np.array([decimal(path, row[time[0]], line, table) for line, row in table.rows])
        name = table.header[time[0]]
        told = unsaid_in(name) if re.fullmatch(r"\W*[^\W_]+\W*", name) else None
        return by_number(str(path), {n: moments[f] * time[1] for n, f in flags.items()}, told)
    firings = {n: _unpadded([v for _, v in column]) for n, column in values.items()}
    scales = {scale(f"time{rest}", table.header[column]) for column, rest in columns.values()}
    if len(scales) > 1:
        raise InputError(f"{path}: its columns of units give their times in different units")
    by = scales.pop()
    whole = all((item == np.round(item)).all() for item in firings.values())
    unsaid = all(not re.search(r"\w", rest) for _, rest in columns.values())
    if by is None or (rate and unsaid and whole):
        return _sampled(path, firings, rate)
    told = ("what the columns of units hold", "call them MU1 (ms), or give --firings-rate")
    return by_number(
        str(path), {n: item * by for n, item in firings.items()}, told if unsaid else None
    )


def unsaid_in(name: str) -> tuple[str, str]:
    """Where times without a unit stand, and what would say it; for ``EmgUnits.unsaid``."""
    return f"column {name!r}", "call it time_ms, or sample with their rate as --firings-rate"


def _unpadded(column: list[float]) -> NDArray[np.float64]:
    """A column without the zeros that fill it up behind its last firing."""
    times = np.array(column, np.float64)
    last = np.flatnonzero(times)
    return times[: last[-1] + 1] if last.size and times[-1] == 0 else times


def _sampled(path: Path, samples: dict[int, NDArray[np.float64]], rate: float | None) -> EmgUnits:
    listed = by_number(str(path), samples)
    timed = by_samples(str(path), listed.firings, rate, first=0)
    return EmgUnits(str(path), timed.firings, listed.warnings)
