"""How alike every unit of one recording is to every unit of another, once they are registered."""

import numpy as np
from numpy.typing import NDArray
from scipy.special import logit

from kmu.analysis.physiology import averaged_twitch, discharge_measures, twitch_measures
from kmu.evaluation.match import assign
from kmu.formulas import centroids
from kmu.identification.resample import output_frames, resample_courses
from kmu.motor_units import MotorUnits
from kmu.tracking.placement import Placement
from kmu.tracking.seen import Seen

Floats = NDArray[np.float64]
FEATURES = (
    "overlap",
    "distance",
    "rival",
    "support",
    "twitch",
    "peak_velocity",
    "contraction_time",
    "score",
    "rate",
)
"""Each is (K, L), for K units of the first and L of the second recording; NaN where unknown.

``overlap``: logit of sum(min) / sum(max) of the territories, in what both see;
``distance``: of their centroids there, mm, as log(1 + d);
``rival``: logit of the largest overlap that either has with another unit of the other recording;
``support``: how many of the other units find a partner: their summed overlaps over their number;
``twitch``: correlation of the averaged twitches, as atanh;
``peak_velocity``, ``contraction_time``, ``rate``: absolute logarithm of the ratio, of rates only at
like force;
``score``: logit of the lower of both units' scores.
"""

_RATE = 100.0  # Hz, at which twitches are averaged: trains hold nothing above 50 Hz
_LAG = 2  # frames by which twitches may be late against each other: firings are not exact
LEAST_SEEN = 0.2  # share of a territory in the other's view below which nothing can be said


def compare(
    first: Seen, second: Seen, placement: Placement, like_force: bool = False
) -> dict[str, Floats]:
    """Compares all pairs.

    Args:
        first: K units.
        second: L units.
        placement: from the first image to the second.
        like_force: whether both were recorded at about the same force, so that rates count.

    Returns:
        ``FEATURES``, and ``iou`` (K, L): sum(min) / sum(max) itself, NaN where one of the two is
        hardly in the other's view.
    """
    iou, distance = _territories(first, second, placement)
    known = np.nan_to_num(iou)
    mine, other = _twitches(first.units), _twitches(second.units)
    found = {
        "iou": iou,
        "overlap": _odds(iou),
        "distance": np.log1p(distance),
        "rival": _odds(_rival(known)),
        "support": _support(known),
        "twitch": _alike(mine["course"], other["course"]),
        "peak_velocity": _ratio(mine["peak_velocity"], other["peak_velocity"]),
        "contraction_time": _ratio(mine["contraction_time"], other["contraction_time"]),
        "score": _odds(np.minimum(first.units.score[:, None], second.units.score[None])),
        "rate": _ratio(mine["discharge_rate"], other["discharge_rate"]),
    }
    if not like_force:
        found["rate"] = np.full_like(iou, np.nan)
    return found


def _territories(first: Seen, second: Seen, placement: Placement) -> tuple[Floats, Floats]:
    """(K, L) overlap, and distance of centroids in mm, in what both see."""
    here, there = (first.shape, first.spacing), (second.shape, second.spacing)
    moved, seen = placement.onto_first(second.units.territory, here, there)
    area = there[1][0] * there[1][1] / (here[1][0] * here[1][1])
    pixels = seen.size
    ours = (first.units.territory * np.minimum(seen, 1)).reshape(len(first.units), pixels)
    theirs = moved.reshape(len(second.units), pixels)
    smaller = np.array([np.minimum(row, theirs).sum(1) for row in ours]).reshape(
        len(ours), len(theirs)
    )
    mass, mass_there = ours.sum(1).astype(np.float64), theirs.sum(1).astype(np.float64)
    iou = smaller / np.maximum(mass[:, None] + mass_there[None] - smaller, 1e-6)
    hidden = mass < LEAST_SEEN * first.units.territory.sum((1, 2))
    stretch = placement.stretch[0] * placement.stretch[1]
    all_there = second.units.territory.sum((1, 2)) * area / stretch
    hidden_there = mass_there < LEAST_SEEN * all_there
    iou[hidden] = np.nan
    iou[:, hidden_there] = np.nan
    centres = [centroids(one.reshape(-1, *here[0]), here[1]) for one in (ours, theirs)]
    distance = np.linalg.norm(centres[0][:, None] - centres[1][None], axis=2)
    return iou, np.where(np.isnan(iou), np.nan, distance)


def _rival(iou: Floats) -> Floats:
    """(K, L) the largest overlap in a pair's row or column but its own."""
    rival = np.zeros_like(iou)
    for axis in (0, 1):
        if iou.shape[axis] < 2:
            continue
        order = np.sort(iou, axis=axis)
        most, next_ = np.take(order, [-1], axis), np.take(order, [-2], axis)
        rival = np.maximum(rival, np.where(iou == most, next_, most))
    return rival


def _support(iou: Floats) -> Floats:
    """(K, L) overlap that the other units have with their best partners, summed, over how many.

    A probe put on another muscle gives one good pair by chance, not many.
    """
    rows, columns = assign(iou, 1e-6)
    best = np.zeros(iou.shape)
    best[rows, columns] = iou[rows, columns]
    others = best.sum() - np.maximum(best.sum(1)[:, None], best.sum(0)[None])
    return others / max(min(iou.shape, default=0), 1)


def _twitches(units: MotorUnits) -> dict[str, Floats]:
    """Averaged twitches (K, n) at 100 Hz and what is measured of them and of the rates (K,)."""
    rate = min(_RATE, units.frame_rate)
    ratio = units.frame_rate / rate
    trains = resample_courses(
        units.twitch_train, ratio, output_frames(units.twitch_train.shape[1], ratio)
    )
    courses = []
    measured: dict[str, list[float]] = {
        name: [] for name in ("peak_velocity", "contraction_time", "discharge_rate")
    }
    for train, firings in zip(trains, units.firings, strict=True):
        course = averaged_twitch(train, firings, rate)
        values = {**twitch_measures(course, rate), **discharge_measures(firings)}
        for name, column in measured.items():
            column.append(values.get(name, np.nan))
        # Compared at the same instants, whatever the frame rate.
        at = np.arange(round(0.3 * _RATE)) / _RATE
        courses.append(np.interp(at, np.arange(len(course)) / rate, course))
    made = {name: np.array(column, np.float64) for name, column in measured.items()}
    return {"course": np.array(courses).reshape(len(courses), round(0.3 * _RATE)), **made}


def _alike(mine: Floats, other: Floats) -> Floats:
    """(K, L) atanh of the largest cosine of two courses over small lags; NaN for flat ones."""
    best = np.full((len(mine), len(other)), -1.0)
    with np.errstate(invalid="ignore"):
        ours = mine / np.linalg.norm(mine, axis=1, keepdims=True)
        for lag in range(-_LAG, _LAG + 1):
            theirs = np.roll(other, lag, axis=1)
            theirs = theirs / np.linalg.norm(theirs, axis=1, keepdims=True)
            best = np.maximum(best, ours @ theirs.T)
    return np.arctanh(np.clip(best, -0.9, 0.995))


def _ratio(mine: Floats, other: Floats) -> Floats:
    """(K, L) absolute logarithm of the ratio; NaN where one is unknown."""
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.abs(np.log(mine[:, None] / other[None]))
    return np.where(np.isfinite(ratio), ratio, np.nan)


def _odds(share: NDArray[np.floating]) -> Floats:
    return np.asarray(logit(np.clip(share, 0.02, 0.98)), np.float64)
