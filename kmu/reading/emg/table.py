"""Tables of firings as text: CSV of any dialect, and the events of BIDS.

A row is a firing; tables with a column for each unit are read too (``wide_table``). The columns
are known by their names: the unit's number, and the time with its unit (``time_s``, ``Time (ms)``,
``onset``; seconds where the name gives none) or ``sample``, from 0. A column ``event_type`` or
``description`` with ``motor-unit-spike`` in it, as BIDS has it, tells which rows are firings.
"""

import json
import re
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kmu.errors import InputError
from kmu.reading.emg import wide_table
from kmu.reading.emg.text_rows import Table, decimal, is_none, read_rows
from kmu.reading.emg.units import EmgUnits, by_number, by_samples

_UNIT_NAMES = (
    "unit", "units", "unitid", "unitnumber", "mu", "muid", "motorunit", "motorunitid",
    "motorunitnumber", "munumber", "muindex", "neuron", "neuronid", "clusterid", "source",
)  # fmt: skip
_TIME_NAMES = (
    "time", "times", "onset", "firingtime", "firingtimes", "firing", "spiketime", "spiketimes", "t",
    "dischargetime", "dischargetimes", "timestamp", "timestamps", "peaktime",
)  # fmt: skip
_SECONDS = {
    "s": 1.0, "sec": 1.0, "secs": 1.0, "second": 1.0, "seconds": 1.0,
    "ms": 1e-3, "msec": 1e-3, "millisecond": 1e-3, "milliseconds": 1e-3,
    "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "microseconds": 1e-6,
}  # fmt: skip
_SAMPLES = ("sample", "samples", "sampleindex", "sampleidx", "samplenumber")
_GROUP_NAMES = ("grid", "gridid", "array", "muscle", "electrode", "subject", "trial")
_EVENT_NAMES = ("eventtype", "description", "eventdescription", "trialtype")
_SPIKE = "motor-unit-spike"


def is_it(path: Path, head: bytes) -> bool:
    """Anything may be a table; :func:`read` says what is missing."""
    return not path.is_dir()


def read(path: Path, rate: float | None = None) -> EmgUnits:
    """Reads a table of firings.

    Raises:
        InputError: if columns are missing, a value is no number, or samples have no rate.
    """
    table = read_rows(path)
    names = ["".join(_words(name)) for name in table.header]
    unit = _first(names, _UNIT_NAMES)
    times = [(i, scale) for i, name in enumerate(table.header) if (scale := _scale(path, name))]
    sample = next((i for i, name in enumerate(names) if _is_sample(name)), None)
    wide = wide_table.unit_columns(table) if unit is None else None
    if wide is not None:
        time = next(((i, by) for i, by in times if by is not None), None)
        return wide_table.read(
            path, table, wide, lambda name, shown: _scale(path, name, shown), time, rate
        )
    if unit is None or (not times and sample is None):
        raise InputError(
            f"{path} is no table of firings: a header with unit and time_s (or time_ms, or sample) "
            f"and rows of numbers are needed; its first row is {', '.join(table.header) or 'empty'}"
        )
    column, scale = times[0] if times else (sample or 0, None)
    rows = _spikes(names, table)
    _check_groups(path, names, rows)
    numbers = np.array([_number(path, row[unit], line) for line, row in rows], np.int64)
    found = _numbers(path, table, rows, column)
    there = ~np.isnan(found)
    whole = bool((found[there] == np.round(found[there])).all())
    # A rate given for a column that does not say its unit means that it holds samples.
    unsaid = len(_words(table.header[column])) == 1 and names[column] != "onset"
    if scale is not None and rate and unsaid and whole:
        scale = None
    named = {number: np.zeros(0) for number in _named_beside(path)}
    # A unit whose only rows have no time is one without firings.
    partly = set(numbers[there].tolist()) & set(numbers[~there].tolist())
    if partly:
        raise InputError(f"{path}: unit {min(partly)} has firings that are no numbers")
    samples = {**named, **{int(n): found[(numbers == n) & there] for n in np.unique(numbers)}}
    if scale is None and not whole:
        raise InputError(f"{path}: {table.header[column]!r} are samples, but not whole numbers")
    if scale is not None:
        told = wide_table.unsaid_in(table.header[column]) if unsaid else None
        return by_number(str(path), {n: v * scale for n, v in samples.items()}, told)
    listed = by_number(str(path), samples)
    timed = by_samples(str(path), listed.firings, rate, first=0)
    return EmgUnits(str(path), timed.firings, listed.warnings)


def _numbers(
    path: Path, table: Table, rows: list[tuple[int, list[str]]], column: int
) -> NDArray[np.float64]:
    """The numbers of a column; NaN where a cell says that there is none."""
    cells = [row[column] for _, row in rows]
    marks = {mark for cell in cells for mark in ",." if mark in cell}
    if len(marks) == 2 and not any("," in cell and "." in cell for cell in cells):
        raise InputError(
            f"{path}: {table.header[column]!r} has numbers with a comma and others with a point"
        )
    found = [
        np.nan if is_none(row[column]) else decimal(path, row[column], line, table)
        for line, row in rows
    ]
    return np.array(found, np.float64)


def _words(name: str) -> list[str]:
    """The words of a header without case and punctuation."""
    return re.findall(r"[^\W_]+", name.casefold())


def _first(names: list[str], wanted: tuple[str, ...]) -> int | None:
    return next((i for i, name in enumerate(names) if name in wanted), None)


def _is_sample(name: str) -> bool:
    """Whether a column holds samples: ``sample``, ``firing_sample``, ``time_samples``."""
    return name.endswith(_SAMPLES)


def _scale(path: Path, name: str, shown: str = "") -> float | None:
    """Seconds of one step of a time column; None if the name is none of a time.

    Raises:
        InputError: if the name is that of a time, but its unit is unknown.
    """
    words = [word for word in _words(name) if word != "in"]
    if len(words) == 1 and words[0] in _SECONDS and len(words[0]) > 2:
        return _SECONDS[words[0]]  # a column called "seconds"
    for end in range(len(words), 0, -1):
        if "".join(words[:end]) in _TIME_NAMES:
            rest = "".join(words[end:])
            if rest in _SAMPLES:
                return None
            if rest and rest not in _SECONDS:
                raise InputError(
                    f"{path}: the unit of column {shown or name!r} is unknown; use s or ms"
                )
            return _SECONDS[rest] if rest else 1.0
    return None


def _check_groups(path: Path, names: list[str], rows: list[tuple[int, list[str]]]) -> None:
    """Refuses units of several grids or muscles, whose numbers may be the same."""
    group = _first(names, _GROUP_NAMES)
    if group is not None and len(found := {row[group] for _, row in rows} - {""}) > 1:
        raise InputError(
            f"{path}: column {names[group]!r} has {len(found)} values, and units of each may have "
            "the same numbers; keep one, or number the units through"
        )


def _spikes(names: list[str], table: Table) -> list[tuple[int, list[str]]]:
    """The rows that are firings, each with its line."""
    event = _first(names, _EVENT_NAMES)
    if event is None or not any(_SPIKE in row[event].casefold() for _, row in table.rows):
        return table.rows
    return [(line, row) for line, row in table.rows if _SPIKE in row[event].casefold()]


def _number(path: Path, text: str, line: int) -> int:
    """A unit's number, also out of a name such as MU3 or unit_03."""
    found = re.fullmatch(r"\s*[^\d\W]*[\s_#-]*(\d{1,9})(?:[.,]0*)?\s*", text)
    if found is None:
        raise InputError(f"{path}, line {line}: {text!r} is no number of a unit")
    return int(found[1])


def _named_beside(path: Path) -> list[int]:
    """The units that the JSON file of BIDS events names: also those without a firing."""
    beside = path.with_suffix(".json")
    if not path.name.endswith("_events.tsv") or not beside.is_file():
        return []
    try:
        levels = json.loads(beside.read_bytes())["unit_id"]["Levels"]
        return [int(name) for name in levels]
    except (OSError, ValueError, KeyError, TypeError):
        return []  # it is free to say nothing of units
