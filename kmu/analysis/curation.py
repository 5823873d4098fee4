"""Curation: a list of edits that is applied to a result and kept with it, never over it.

An edit list is JSON: ``{"edits": [...]}``, each edit one of

- ``{"action": "accept", "unit": 1}``: looked at and kept (score 1);
- ``{"action": "reject", "unit": 2}``: taken out;
- ``{"action": "merge", "units": [3, 5]}``: one unit in two parts. The territory is the larger of
  the weights, the train the mean weighted by territory, and firings within 10 ms are one;
- ``{"action": "split", "unit": 4, "seeds": [[10.0, 8.5], [14.0, 20.0]]}``: two units in one
  territory. Every pixel goes to the nearest seed (depth, lateral in mm); both parts keep train and
  firings, which only the recording could tell apart;
- ``{"action": "split", "unit": 4, "polygon": [[8.0, 6.5], [12.0, 6.5], [10.0, 11.0]]}``: two units,
  that inside the polygon (depth, lateral in mm) and that outside; train and firings as above;
- ``{"action": "split", "unit": 4, "at": 6.2}``: two units one after the other, parted at a time in
  seconds; both keep the territory. With any split ``"drop": [2]`` takes out parts, counted from 1;
- ``{"action": "firings", "unit": 6, "remove": [1.204], "add": [1.216]}``: other firings, in
  seconds; a moved one is removed and added. Firings change before a unit is merged or split;
- ``{"action": "note", "unit": 7, "note": "..."}``: free text and nothing else.

Units are counted from 1 in the order of the *original* result, so the meaning of an edit does not
depend on the edits before it. A unit may be accepted, rejected, merged or split once, and besides
get other firings once. ``"note"`` is free text in any edit.
"""

import itertools
from collections.abc import Sequence
from pathlib import Path

import h5py
import numpy as np

from kmu.analysis.edits import Edit, read_edits
from kmu.analysis.kept import Origin, add_history, add_kept
from kmu.analysis.operations import Part, merged, part_of, refired, split
from kmu.errors import InputError
from kmu.files import replacing
from kmu.motor_units import MotorUnits
from kmu.recording import open_hdf5

__all__ = ["apply_edits", "load_original", "read_edits", "write_curated"]

_DECISIONS = ("accept", "reject", "merge", "split")
# What may stand beside a decision about the same unit.
_BESIDES = ("firings", "note")


def apply_edits(units: MotorUnits, edits: Sequence[Edit]) -> MotorUnits:
    """Applies an edit list to a result and returns a new one; ``units`` stays as it is.

    Raises:
        InputError: if an edit is unknown, names a unit that is not there, or two name the same.
    """
    made = _parts(units, edits)
    flat = [part for _, part, _ in made]
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
        ids=np.array([name for name, _, _ in made], np.int64),
        provenance=units.provenance,
    )


def _parts(units: MotorUnits, edits: Sequence[Edit]) -> list[tuple[int, Part, Origin]]:
    """Id, unit and what it was, in the order of the original units."""
    duration = units.twitch_train.shape[1] / units.frame_rate
    whole = {k: part_of(units, k) for k in range(len(units))}
    touched: dict[str, set[int]] = {}
    for number, edit in enumerate(edits, 1):
        where = f"edit {number}"
        chosen = _chosen(units, edit, where)
        action, first = edit["action"], chosen[0]
        seen = touched.setdefault(action if action in _BESIDES else "decided", set())
        if seen & set(chosen):
            raise InputError(f"{where} names unit {min(seen & set(chosen)) + 1} a second time")
        seen.update(chosen)
        if action == "firings":
            whole[first] = refired(whole[first], edit, duration, where)
    other = touched.get("firings", set())
    found = {k: [(part, Origin(k, k in other))] for k, part in whole.items()}
    for number, edit in enumerate(edits, 1):
        action, chosen = edit["action"], _chosen(units, edit, f"edit {number}")
        first = chosen[0]
        if action == "reject":
            found[first] = []
        elif action == "accept":
            found[first] = [((*whole[first][:3], 1.0), Origin(first, first in other))]
        elif action == "merge":
            found.update({k: [] for k in chosen})
            found[first] = [(merged([whole[k] for k in chosen]), Origin(None))]
        elif action == "split":
            made = split(whole[first], edit, units, f"edit {number}")
            found[first] = [(part, Origin(None)) for part in made]
    # The first part of a unit keeps its id; further parts get ids that no unit had.
    unused = itertools.count(int(units.ids.max(initial=0)) + 1)
    return [
        (int(units.ids[k]) if i == 0 else next(unused), part, origin)
        for k in range(len(units))
        for i, (part, origin) in enumerate(found[k])
    ]


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
            origins = {name: origin for name, _, origin in _parts(found, edits)}
            add_kept(source, file, curated, [origins[int(name)] for name in curated.ids])
            add_history(file, Path(original), edits)
    return curated


def load_original(path: str | Path) -> MotorUnits:
    """The units of a result as they were found, before any curation."""
    with open_hdf5(path) as file:
        return MotorUnits.from_hdf5(file.get("original", file), path)


def _chosen(units: MotorUnits, edit: Edit, where: str) -> list[int]:
    """The units an edit names, counted from 0."""
    action = edit.get("action")
    if action not in (*_DECISIONS, *_BESIDES):
        raise InputError(
            f"{where}: no action {action!r}; choose accept, reject, merge, split, firings or note"
        )
    named = edit.get("units") if action == "merge" else [edit.get("unit")]
    if not isinstance(named, list) or len(named) < (2 if action == "merge" else 1):
        raise InputError(f"{where}: merge needs a list of two or more units")
    for unit in named:
        if not isinstance(unit, int) or isinstance(unit, bool) or not 1 <= unit <= len(units):
            raise InputError(f"{where}: there is no unit {unit!r}; they are 1 to {len(units)}")
    if len(set(named)) < len(named):
        raise InputError(f"{where} names a unit twice")
    return [unit - 1 for unit in named]
