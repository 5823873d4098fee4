"""Which found unit is which true one: one-to-one, by the overlap of their territories."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from kmu.errors import InputError
from kmu.formulas import pearson
from kmu.motor_units import MotorUnits

# A found unit that covers this much of a true territory is said to contain it.
_COVERED = 0.5
# Weighs less than any difference in overlap that a mask of pixels can show.
_TIE_BREAK = 1e-5


@dataclass(frozen=True, eq=False)
class Matching:
    """Pairs of found and true units, and what became of the others.

    Attributes:
        found: (M,) index of the found unit of each pair.
        truth: (M,) index of the true unit of each pair, ascending.
        overlap: (F, K) intersection over union of every found with every true mask.
        redundant: found units that overlap a true one enough, which another one already has.
        merged: found units that cover at least half of two or more true territories of which at
            least one is missed.
        missed: true units without a partner.
    """

    found: NDArray[np.intp]
    truth: NDArray[np.intp]
    overlap: NDArray[np.float64]
    redundant: NDArray[np.intp]
    merged: NDArray[np.intp]
    missed: NDArray[np.intp]

    @property
    def iou(self) -> NDArray[np.float64]:
        """(M,) intersection over union of each pair."""
        return self.overlap[self.found, self.truth]


def match_units(found: MotorUnits, truth: MotorUnits, iou: float = 0.5) -> Matching:
    """Assigns found to true units one-to-one by their masks (territory >= 0.5).

    As many pairs with an intersection over union of at least ``iou`` as possible, and among those
    assignments the one with the largest total overlap (Hungarian algorithm). Where overlaps are
    equal the correlation of the twitch trains decides, so the order of the units never matters.

    Args:
        found: the units of a method, F of them.
        truth: the true units, K of them, of the same recording.
        iou: smallest intersection over union of a pair, above 0 and at most 1.

    Raises:
        InputError: if the two are not on the same grid and time axis, or ``iou`` is out of range.
    """
    if not 0 < iou <= 1:
        raise InputError(f"iou is {iou}; it must lie above 0 and at most at 1")
    check_same_grid(found, truth)
    overlap, covered = mask_overlap(found.mask, truth.mask)
    alike = np.nan_to_num(pearson(found.twitch_train[:, None], truth.twitch_train[None]))
    rows, columns = assign(overlap, iou, alike)
    unmatched = np.setdiff1d(np.arange(len(found)), rows)
    missed = np.setdiff1d(np.arange(len(truth)), columns)
    contains = covered >= _COVERED
    merged = (contains.sum(1) >= 2) & contains[:, missed].any(1)
    return Matching(
        found=rows,
        truth=columns,
        overlap=overlap,
        redundant=unmatched[(overlap[unmatched] >= iou).any(1)],
        merged=np.flatnonzero(merged),
        missed=missed,
    )


def check_same_grid(found: MotorUnits, truth: MotorUnits) -> None:
    """Raises InputError unless both describe the same pixels and the same moments."""
    for name, ours, theirs in (
        ("territories (depth, lateral)", found.territory.shape[1:], truth.territory.shape[1:]),
        ("number of frames", found.twitch_train.shape[1], truth.twitch_train.shape[1]),
    ):
        if ours != theirs:
            raise InputError(
                f"the {name} of the found units are {ours}, of the true ones {theirs}: compare "
                "units of the same recording on its own grid"
            )
    for name, first, second in (
        ("spacing", found.spacing, truth.spacing),
        ("frame rate", found.frame_rate, truth.frame_rate),
    ):
        if not np.allclose(first, second, rtol=1e-3):
            raise InputError(
                f"the {name} of the found units is {first}, of the true ones {second}: compare "
                "units of the same recording on its own grid"
            )


def mask_overlap(
    found: NDArray[np.bool_], truth: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Overlap of every mask of one stack with every mask of another.

    Args:
        found: (F, Z, X) bool.
        truth: (K, Z, X) bool.

    Returns:
        Intersection over union, (F, K), 0 where both are empty; and the share of each true mask
        that each found one covers, (F, K).
    """
    pixels = int(np.prod(found.shape[1:]))
    ours = found.reshape(len(found), pixels).astype(np.float32)
    theirs = truth.reshape(len(truth), pixels).astype(np.float32)
    both = (ours @ theirs.T).astype(np.float64)
    sizes = theirs.sum(1, dtype=np.float64)[None]
    union = ours.sum(1, dtype=np.float64)[:, None] + sizes - both
    return both / np.maximum(union, 1), both / np.maximum(sizes, 1)


def assign(
    overlap: NDArray[np.float64], iou: float, similarity: NDArray[np.float64] | None = None
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """One-to-one pairs with overlap >= ``iou``: as many as possible, then the largest total.

    Args:
        overlap: (F, K) intersection over union.
        iou: smallest overlap of a pair.
        similarity: (F, K) in [-1, 1], decides between equal overlaps.

    Returns:
        Row and column of each pair, columns ascending.
    """
    if not overlap.size:
        return np.zeros(0, np.intp), np.zeros(0, np.intp)
    allowed = overlap >= iou
    value = overlap if similarity is None else overlap + _TIE_BREAK * similarity
    # A pair counts more than all the overlap there can be, so the number of pairs comes first.
    gain = np.where(allowed, 2.0 * min(overlap.shape) + value, 0.0)
    rows, columns = linear_sum_assignment(gain, maximize=True)
    kept = allowed[rows, columns]
    rows, columns = rows[kept], columns[kept]
    order = np.argsort(columns)
    return rows[order], columns[order]
