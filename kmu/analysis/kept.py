"""What a curated result keeps of the result it comes from: everything."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from kmu._version import __version__
from kmu.analysis.edits import Edit
from kmu.analysis.physiology import measure
from kmu.motor_units import MotorUnits

_ORIGINAL, _MEASURES = "original", "measures"
# What rests on the firings and is not measured on the units alone.
_OF_FIRINGS = ("quality", "silhouette")


@dataclass(frozen=True)
class Origin:
    """What a curated unit was.

    Attributes:
        unit: the original unit it is, counted from 0; None if it was merged or split.
        refired: whether its firings were changed by hand.
    """

    unit: int | None
    refired: bool = False


def add_kept(
    source: h5py.File, file: h5py.File, curated: MotorUnits, origins: Sequence[Origin]
) -> None:
    """Adds to the file of curated units what belongs to them in the file they come from.

    The group ``original`` becomes the original result with all that is in it. Other groups, such
    as ``emg``, and attributes, such as the model's and the recording's names, stay. Of the
    measures each unit that was not changed keeps its row; of merged and split units those that
    follow from the units alone are measured anew, and the others, which need the recording, are
    NaN. Of a unit with other firings only what rests on them is.

    Args:
        source: the result that was curated, which may be a curated one itself.
        file: has the curated units.
        curated: the same units.
        origins: what each of them was.
    """
    before = source.get(_ORIGINAL, source)
    original = file.create_group(_ORIGINAL)
    for name in before:
        before.copy(name, original)
    for name, value in before.attrs.items():
        original.attrs[name] = value
    for name in source:
        if name not in file and name != _MEASURES:
            source.copy(name, file)
    for name, value in source.attrs.items():
        if name not in file.attrs:
            file.attrs[name] = value
    table = file.create_group(_MEASURES)
    for name, values in _measures(before, curated, origins).items():
        table[name] = values


def add_history(file: h5py.File, original: Path, edits: Sequence[Edit]) -> None:
    """Writes the attribute ``edits``, and appends to ``history``: JSON, a list of what was done."""
    file.attrs["edits"] = json.dumps({"edits": list(edits)})
    entry = {
        "verb": "curate",
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "kmu": __version__,
        "from": original.name,
        "edits": list(edits),
    }
    file.attrs["history"] = json.dumps([*_list(file.attrs.get("history", "[]")), entry])


def _list(text: Any) -> list[Any]:
    """The entries of a history; a text that kmu did not write stays as one entry."""
    try:
        values = json.loads(text)
    except (TypeError, ValueError):
        return [str(text)]
    return values if isinstance(values, list) else [values]


def _measures(
    before: h5py.Group, curated: MotorUnits, origins: Sequence[Origin]
) -> dict[str, NDArray[np.float64]]:
    """The columns of the original, each with a row for each curated unit."""
    group = before.get(_MEASURES, {})
    count = len(before["firing_count"])
    columns = {name: np.asarray(group[name][()]) for name in group}
    changed = [k for k, origin in enumerate(origins) if origin.unit is None or origin.refired]
    anew = measure(curated.select(changed)) if changed else {}
    kept = [k for k, origin in enumerate(origins) if origin.unit is not None]
    rows = [origin.unit for origin in origins if origin.unit is not None]
    found = {}
    for name, values in columns.items():
        if values.shape != (count,) or values.dtype.kind not in "fiub":
            continue
        column = np.full(len(origins), np.nan)
        column[kept] = values[rows]
        if name in anew:
            column[changed] = anew[name]
        elif name in _OF_FIRINGS:
            column[changed] = np.nan
        found[name] = column
    return found
