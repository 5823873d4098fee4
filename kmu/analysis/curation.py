"""Curation: a list of edits that is applied to a result and kept with it, never over it.

An edit list is JSON: ``{"edits": [...]}``, each edit one of

- ``{"action": "accept", "unit": 1}``: looked at and kept (score 1);
- ``{"action": "reject", "unit": 2}``: taken out;
- ``{"action": "merge", "units": [3, 5]}``: one unit in two parts. The territory is the larger of
  the weights, the train the mean weighted by territory, and firings within 10 ms are one;
- ``{"action": "split", "unit": 4, "seeds": [[10.0, 8.5], [14.0, 20.0]]}``: two units in one
  territory. Every pixel goes to the nearest seed (depth, lateral in mm); both parts keep train and
  firings, which only the recording could tell apart;
- ``{"action": "split", "unit": 4, "at": 6.2}``: two units one after the other, parted at a time in
  seconds; both keep the territory.

Units are counted from 1 in the order of the *original* result, so the meaning of an edit does not
depend on the edits before it. A unit may be in one edit only. ``"note"`` is free text in any edit.
"""

import itertools
from collections.abc import Sequence
from pathlib import Path

import h5py
import numpy as np
from numpy.typing import NDArray

from kmu.analysis.edits import Edit, read_edits
from kmu.analysis.kept import add_history, add_kept
from kmu.errors import InputError
from kmu.files import replacing
from kmu.motor_units import MotorUnits
from kmu.recording import open_hdf5

__all__ = ["apply_edits", "load_original", "read_edits", "write_curated"]

SAME_FIRING_S = 0.010
_Part = tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float64], float]


def apply_edits(units: MotorUnits, edits: Sequence[Edit]) -> MotorUnits:
    """Applies an edit list to a result and returns a new one; ``units`` stays as it is.

    Raises:
        InputError: if an edit is unknown, names a unit that is not there, or two name the same.
    """
    parts: dict[int, list[_Part]] = {k: [_part(units, k)] for k in range(len(units))}
    touched: set[int] = set()
    for number, edit in enumerate(edits, 1):
        where = f"edit {number}"
        chosen = _chosen(units, edit, where)
        if touched & set(chosen):
            raise InputError(f"{where} names unit {min(touched & set(chosen)) + 1} a second time")
        touched |= set(chosen)
        action, first = edit["action"], chosen[0]
        if action == "reject":
            parts[first] = []
        elif action == "accept":
            parts[first] = [(*parts[first][0][:3], 1.0)]
        elif action == "merge":
            parts[first] = [_merged([_part(units, k) for k in chosen])]
            parts.update({k: [] for k in chosen[1:]})
        else:
            parts[first] = _split(units, first, edit, where)
    flat = [part for k in sorted(parts) for part in parts[k]]
    # The first part of a unit keeps its id; further parts get ids that no unit had.
    unused = itertools.count(int(units.ids.max(initial=0)) + 1)
    ids = [
        int(units.ids[k]) if i == 0 else next(unused)
        for k in sorted(parts)
        for i in range(len(parts[k]))
    ]
    if not flat:
        frames, (depth, width) = units.twitch_train.shape[1], units.territory.shape[1:]
        return MotorUnits.none((frames, depth, width), units.frame_rate, units.spacing)
    return MotorUnits(
        territory=np.stack([part[0] for part in flat]),
        twitch_train=np.stack([part[1] for part in flat]),
        firings=[part[2] for part in flat],
        score=np.array([part[3] for part in flat], np.float32),
        frame_rate=units.frame_rate,
        spacing=units.spacing,
        ids=np.array(ids, np.int64),
        provenance=units.provenance,
    )


def write_curated(original: str | Path, edits: Sequence[Edit], path: str | Path) -> MotorUnits:
    """Applies edits to a result file and writes the curated result, with all it came from.

    The new file is a result like any other; its group ``original`` holds the units as they were
    found, its attribute ``edits`` the list. Curating a curated file starts from its original
    again, so nothing is ever lost.

    Returns:
        The curated units.

    Raises:
        InputError: if the result cannot be read, an edit is wrong, or ``path`` is the result.
    """
    if Path(path).exists() and Path(path).samefile(original):
        raise InputError(f"{path} is the result itself; write the curated result to another file")
    found = load_original(original)
    curated = apply_edits(found, edits)
    with replacing(path) as temporary:
        curated.save(temporary)
        with open_hdf5(original) as source, h5py.File(temporary, "r+") as file:
            add_kept(source, file, curated, _origins(edits, len(found)))
            add_history(file, Path(original), edits)
    return curated


def _origins(edits: Sequence[Edit], count: int) -> list[int | None]:
    """For each curated unit the one of ``count`` original units it is, None if it was changed."""
    parts: dict[int, list[int | None]] = {k: [k] for k in range(count)}
    for edit in edits:
        if edit["action"] == "reject":
            parts[edit["unit"] - 1] = []
        elif edit["action"] == "merge":
            parts.update({unit - 1: [] for unit in edit["units"]})
            parts[edit["units"][0] - 1] = [None]
        elif edit["action"] == "split":
            parts[edit["unit"] - 1] = [None] * (2 if "at" in edit else len(edit["seeds"]))
    return [part for k in range(count) for part in parts[k]]


def load_original(path: str | Path) -> MotorUnits:
    """The units of a result as they were found, before any curation."""
    with open_hdf5(path) as file:
        return MotorUnits.from_hdf5(file.get("original", file), path)


def _chosen(units: MotorUnits, edit: Edit, where: str) -> list[int]:
    """The units an edit names, counted from 0."""
    action = edit.get("action")
    if action not in ("accept", "reject", "merge", "split"):
        raise InputError(f"{where}: no action {action!r}; choose accept, reject, merge or split")
    named = edit.get("units") if action == "merge" else [edit.get("unit")]
    if not isinstance(named, list) or len(named) < (2 if action == "merge" else 1):
        raise InputError(f"{where}: merge needs a list of two or more units")
    for unit in named:
        if not isinstance(unit, int) or isinstance(unit, bool) or not 1 <= unit <= len(units):
            raise InputError(f"{where}: there is no unit {unit!r}; they are 1 to {len(units)}")
    if len(set(named)) < len(named):
        raise InputError(f"{where} names a unit twice")
    return [unit - 1 for unit in named]


def _part(units: MotorUnits, k: int) -> _Part:
    return units.territory[k], units.twitch_train[k], units.firings[k], float(units.score[k])


def _merged(parts: Sequence[_Part]) -> _Part:
    weights = np.array([part[0].sum() for part in parts]) + 1e-9
    times = np.sort(np.concatenate([part[2] for part in parts]))
    # Of firings closer than 10 ms the first stays; each is compared with the last one kept.
    kept: list[float] = []
    for time in times.tolist():
        if not kept or time - kept[-1] > SAME_FIRING_S:
            kept.append(time)
    train = np.average([part[1] for part in parts], axis=0, weights=weights).astype(np.float32)
    territory = np.max([part[0] for part in parts], axis=0)
    return territory, train, np.array(kept), max(part[3] for part in parts)


def _split(units: MotorUnits, k: int, edit: Edit, where: str) -> list[_Part]:
    territory, train, firings, score = _part(units, k)
    if ("seeds" in edit) == ("at" in edit):
        raise InputError(f"{where}: split needs either seeds (mm) or at (s)")
    if "at" in edit:
        at, length = edit["at"], len(train) / units.frame_rate
        if not isinstance(at, int | float) or not 0 < at < length:
            raise InputError(f"{where}: at is {at!r}; it must lie within 0 to {length:g} s")
        before = np.arange(len(train)) < at * units.frame_rate
        return [
            (territory, np.where(before, train, 0), firings[firings < at], score),
            (territory, np.where(before, 0, train), firings[firings >= at], score),
        ]
    try:
        seeds = np.asarray(edit["seeds"], np.float64)
    except (TypeError, ValueError):
        seeds = np.zeros(0)
    if seeds.ndim != 2 or seeds.shape[1] != 2 or len(seeds) < 2 or not np.isfinite(seeds).all():
        raise InputError(f"{where}: seeds must be two or more pairs [depth, lateral] in mm")
    depth, width = territory.shape
    z = (np.arange(depth) + 0.5)[:, None] * units.spacing[0]
    x = (np.arange(width) + 0.5)[None] * units.spacing[1]
    nearest = np.argmin([(z - a) ** 2 + (x - b) ** 2 for a, b in seeds], axis=0)
    parts = [
        (np.where(nearest == i, territory, 0), train, firings, score) for i in range(len(seeds))
    ]
    if any(part[0].max() < 0.5 for part in parts):
        raise InputError(f"{where}: a seed gets nothing of the territory of unit {k + 1}")
    return parts
