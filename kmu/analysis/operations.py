"""What an edit does to a unit: merging, splitting, other firings."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kmu.analysis.edits import Edit
from kmu.errors import InputError
from kmu.motor_units import MotorUnits

SAME_FIRING_S = 0.010
# A firing is named by its time; lists are written with five digits.
_NAMED_S = 0.001

# Territory (Z, X), train (T,), firings (s), score.
Part = tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float64], float]


def part_of(units: MotorUnits, k: int) -> Part:
    """A unit as it was found."""
    return units.territory[k], units.twitch_train[k], units.firings[k], float(units.score[k])


def refired(part: Part, edit: Edit, duration: float, where: str) -> Part:
    """The unit without the firings of ``edit["remove"]`` and with those of ``edit["add"]``.

    Raises:
        InputError: if there is no firing to remove, or one to add lies outside the recording.
    """
    territory, train, firings, score = part
    if not {"add", "remove"} & set(edit):
        raise InputError(f"{where}: firings needs times (s) to add or to remove")
    times = firings.tolist()
    for time in _times(edit.get("remove", []), where):
        nearest = min(times, key=lambda at: abs(at - time), default=np.inf)
        if abs(nearest - time) > _NAMED_S:
            raise InputError(f"{where}: unit {edit['unit']} has no firing at {time:g} s to remove")
        times.remove(nearest)
    for time in _times(edit.get("add", []), where):
        if not 0 <= time <= duration:
            raise InputError(f"{where}: a firing at {time:g} s lies outside 0 to {duration:g} s")
        times.append(time)
    return territory, train, np.sort(np.array(times, np.float64)), score


def merged(parts: Sequence[Part]) -> Part:
    """One unit in several parts."""
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


def split(part: Part, edit: Edit, units: MotorUnits, where: str) -> list[Part]:
    """The parts that ``edit`` makes of a unit of ``units``, without those it drops.

    Raises:
        InputError: if it does not say how, or a part has no territory.
    """
    ways = [way for way in ("seeds", "polygon", "at") if way in edit]
    if len(ways) != 1:
        raise InputError(f"{where}: split needs one of seeds (mm), polygon (mm) or at (s)")
    if ways == ["at"]:
        parts = _split_in_time(part, edit["at"], units.frame_rate, where)
    else:
        parts = _split_in_space(part, ways[0], edit[ways[0]], units.spacing, where)
    drop = edit.get("drop", [])
    if not isinstance(drop, list) or not set(drop) < set(range(1, len(parts) + 1)):
        raise InputError(f"{where}: drop must name some of the {len(parts)} parts, but not all")
    return [one for number, one in enumerate(parts, 1) if number not in drop]


def _split_in_time(part: Part, at: Any, frame_rate: float, where: str) -> list[Part]:
    territory, train, firings, score = part
    length = len(train) / frame_rate
    if not isinstance(at, int | float) or not 0 < at < length:
        raise InputError(f"{where}: at is {at!r}; it must lie within 0 to {length:g} s")
    before = np.arange(len(train)) < at * frame_rate
    return [
        (territory, np.where(before, train, 0), firings[firings < at], score),
        (territory, np.where(before, 0, train), firings[firings >= at], score),
    ]


def _split_in_space(
    part: Part, way: str, given: Any, spacing: tuple[float, float], where: str
) -> list[Part]:
    territory, train, firings, score = part
    fewest = 2 if way == "seeds" else 3
    try:
        points = np.asarray(given, np.float64)
    except (TypeError, ValueError):
        points = np.zeros(0)
    if (
        points.ndim != 2
        or points.shape[1] != 2
        or len(points) < fewest
        or not np.isfinite(points).all()
    ):
        raise InputError(f"{where}: {way} must be {fewest} or more pairs [depth, lateral] in mm")
    depth, width = territory.shape
    z, x = np.meshgrid(
        (np.arange(depth) + 0.5) * spacing[0], (np.arange(width) + 0.5) * spacing[1], indexing="ij"
    )
    if way == "seeds":
        owner = np.argmin([(z - a) ** 2 + (x - b) ** 2 for a, b in points], axis=0)
        count = len(points)
    else:
        owner, count = 1 - _inside(points, z, x).astype(int), 2
    parts = [(np.where(owner == i, territory, 0), train, firings, score) for i in range(count)]
    if any(one[0].max() < 0.5 for one in parts):
        raise InputError(f"{where}: a part of the {way} gets nothing of the territory")
    return parts


def _inside(
    polygon: NDArray[np.float64], z: NDArray[np.float64], x: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Where points lie inside a polygon of (depth, lateral): the even-odd rule.

    Written out, since the report page must come to the same for pixels on the line itself.
    """
    odd = np.zeros(z.shape, bool)
    for (z0, x0), (z1, x1) in zip(polygon, np.roll(polygon, 1, axis=0), strict=True):
        if x0 != x1:
            crosses = (x0 > x) != (x1 > x)
            odd ^= crosses & (z < (z1 - z0) * (x - x0) / (x1 - x0) + z0)
    return odd


def _times(values: Any, where: str) -> list[float]:
    """Times in s; MATLAB and R write a list of one as a number."""
    listed = values if isinstance(values, list) else [values]
    for value in listed:
        if isinstance(value, bool) or not isinstance(value, int | float) or not np.isfinite(value):
            raise InputError(f"{where}: {value!r} is no time in s")
    return [float(value) for value in listed]
