"""Which unit is which after a recalibration."""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.optimize import linear_sum_assignment

from kmu.motor_units import MotorUnits

# Least overlap, sum(min) / sum(max) of two territories, of the same unit; a unit that was not
# found again stays known if none that was covers it by more than _COVERED.
SAME = 0.35
_COVERED = 0.2


def moved(units: MotorUnits, shift: tuple[float, float]) -> MotorUnits:
    """The same units with territories that moved by ``shift`` (z, x) pixels."""
    if not any(shift) or not len(units):
        return units
    territory = [ndimage.shift(one, shift, order=1) for one in units.territory]
    return _with(units, np.stack(territory), units.ids)


def renewed(
    known: MotorUnits, found: MotorUnits, silent: NDArray[np.bool_], next_id: int
) -> tuple[MotorUnits, str]:
    """Joins what was known with what was found anew.

    Args:
        known: the units so far, where they are now.
        found: by a recalibration, on the same pixels.
        silent: (K,) which of the known ones did not fire in the frames it saw.
        next_id: for the first unit that is new.

    Returns:
        Units that are the same keep their id and have the territory found now; silent ones that no
        other covers stay as they were; and a sentence that says what changed.
    """
    overlap = overlaps(known.territory, found.territory)
    pairs = [
        (k, f)
        for k, f in zip(*linear_sum_assignment(overlap, maximize=True), strict=True)
        if overlap[k, f] >= SAME
    ]
    ids = np.zeros(len(found), np.int64)
    for k, f in pairs:
        ids[f] = known.ids[k]
    fresh = np.flatnonzero(ids == 0)
    ids[fresh] = next_id + np.arange(len(fresh))
    covered = overlap.max(1, initial=0.0) > _COVERED
    again = np.isin(np.arange(len(known)), [k for k, _ in pairs])
    waiting = known.select(~again & silent & ~covered)
    gone = known.ids[~again & ~(silent & ~covered)]
    parts = [_with(found, found.territory, ids), waiting]
    joined = MotorUnits(
        territory=np.concatenate([part.territory for part in parts]),
        # Trains and firings are the stream's.
        twitch_train=np.zeros((len(ids) + len(waiting), 1), np.float32),
        firings=[np.zeros(0)] * (len(ids) + len(waiting)),
        score=np.concatenate([part.score for part in parts]),
        frame_rate=found.frame_rate,
        spacing=found.spacing,
        ids=np.concatenate([part.ids for part in parts]),
    )
    said = [f"{len(pairs)} units are the same"]
    for name, numbers in (("new", ids[fresh]), ("silent", waiting.ids), ("gone", gone)):
        if len(numbers):
            said.append(f"{name}: {', '.join(map(str, sorted(numbers)))}")
    return joined, "; ".join(said)


def overlaps(known: NDArray[np.float32], found: NDArray[np.float32]) -> NDArray[np.float64]:
    """(K, F) sum(min) / sum(max) of territories (K, Z, X) and (F, Z, X)."""
    result = np.zeros((len(known), len(found)))
    for k, one in enumerate(known):
        smaller = np.minimum(one, found).sum((1, 2))
        result[k] = smaller / np.maximum(one.sum() + found.sum((1, 2)) - smaller, 1e-6)
    return result


def _with(units: MotorUnits, territory: NDArray[np.float32], ids: NDArray[np.int64]) -> MotorUnits:
    return MotorUnits(
        territory=territory,
        twitch_train=units.twitch_train,
        firings=units.firings,
        score=units.score,
        frame_rate=units.frame_rate,
        spacing=units.spacing,
        ids=ids,
    )
