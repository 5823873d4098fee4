"""What became of simulated units that were added to a recording, and of those already there."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit
from scipy.stats import binomtest

from kmu.evaluation.intervals import UNIT_BINS
from kmu.evaluation.measures import Floats, mask_centroids, nearest_distance
from kmu.evaluation.scores import score_recording
from kmu.motor_units import MotorUnits
from kmu.trust.injection import Injected

QUALITIES = ("iou", "twitch_train_correlation", "firing_precision", "firing_recall")
"""Of the units that were found, the mean of each with its interval."""
_RESAMPLES = 400
# A unit that is next to never found stands for no more than this many others.
_MOST = 10.0
# A unit all alone counts as this far from the next, mm.
_ALONE = 20.0
# Bounds of strength relative to the found units, as for the other properties.
_BINS = {**UNIT_BINS, "strength": (0.0, 0.75, 1.5, np.inf)}


@dataclass(frozen=True, eq=False)
class Pass:
    """One identification of the recording with units added.

    Attributes:
        columns: (n,) of the added units: ``found``, ``strength``, ``speed`` (mm/s), ``size``
            (mm2), ``depth`` and ``nearest_centre`` (mm), and ``QUALITIES``, NaN where not found.
        kept: share of the units already there that are found again.
        kept_iou: mean overlap of those with what they were.
        new: units found that are neither.
    """

    columns: dict[str, Floats]
    kept: float
    kept_iou: float
    new: int


def recovered(again: MotorUnits, own: MotorUnits, injected: Injected, strength: float) -> Pass:
    """Scores one pass.

    Args:
        again: what was found with the units added.
        own: what was found without them.
        injected: what was added.
        strength: of it.
    """
    count, added = len(own), injected.units
    both = MotorUnits(
        territory=np.concatenate([own.territory, added.territory]),
        twitch_train=np.concatenate([own.twitch_train, added.twitch_train]),
        firings=[*own.firings, *added.firings],
        score=np.concatenate([np.ones(count), np.full(len(added), 0.5)]).astype(np.float32),
        frame_rate=own.frame_rate,
        spacing=own.spacing,
    )
    scores = score_recording(again, both)
    detected = scores.detected
    columns = {
        "found": detected[count:].astype(np.float64),
        "strength": np.full(len(added), strength),
        "speed": injected.speed,
        **{name: getattr(scores, name)[count:] for name in ("size", "depth", "nearest_centre")},
    }
    for name in QUALITIES:
        values = np.full(len(both), np.nan)
        values[detected] = getattr(scores, name)
        columns[name] = values[count:]
    mine = scores.iou[: int(detected[:count].sum())]
    return Pass(
        columns,
        kept=float(detected[:count].mean()) if count else 1.0,
        kept_iou=float(mine.mean()) if mine.size else float("nan"),
        new=len(again) - scores.units_matched,
    )


def summary(passes: Sequence[Pass], own: MotorUnits, rng: np.random.Generator) -> dict[str, Any]:
    """What all passes say, fit for JSON.

    Returns:
        ``units`` and ``found`` (counts), ``recall`` with its Wilson interval, each of
        ``QUALITIES`` with a bootstrapped one, ``by``: the same by strength, size (mm2), depth and
        distance to the next unit (mm), ``kept``, ``kept_iou``, ``new_per_pass``, and
        ``own_recall``: see :func:`own_recall`.
    """
    columns = {
        name: np.concatenate([one.columns[name] for one in passes]) for name in passes[0].columns
    }
    by: dict[str, list[dict[str, Any]]] = {}
    for name, edges in _BINS.items():
        values = columns[name]
        by[name] = []
        for low, high in itertools.pairwise(edges):
            inside = (values >= low) & ((values < high) | (high == np.inf))
            if inside.any():
                limits = {"low": _plain(low), "high": _plain(high)}
                part = {key: value[inside] for key, value in columns.items()}
                by[name].append({**limits, **_of(part, rng)})
    kept = [one.kept_iou for one in passes if np.isfinite(one.kept_iou)]
    return {
        **_of(columns, rng),
        "by": by,
        "passes": len(passes),
        "kept": float(np.mean([one.kept for one in passes])),
        "kept_iou": float(np.mean(kept)) if kept else None,
        "new_per_pass": float(np.mean([one.new for one in passes])),
        "own_recall": own_recall(columns, own, rng),
    }


def own_recall(
    columns: dict[str, Floats], own: MotorUnits, rng: np.random.Generator
) -> dict[str, float]:
    """How many of the recording's own units were probably found.

    The chance of being found is fitted to the added units (logistic regression on the logarithms
    of strength and of the distance to the next unit). Each unit found then stands for one over
    its chance units like it (Horvitz and Thompson, J Am Stat Assoc 47:663, 1952), and counts as
    far as its score says that it is a true one.

    Returns:
        ``recall`` and its bootstrapped 95 % interval ``low``, ``high``.
    """
    speed = np.sqrt(np.mean(own.twitch_train.astype(np.float64) ** 2, axis=1))
    apart = nearest_distance(mask_centroids(own.mask, own.spacing))
    known = _features(columns["speed"], columns["nearest_centre"])
    asked = _features(speed, apart)
    weight = np.maximum(own.score.astype(np.float64), 1e-3)

    def estimate(rows: NDArray[np.intp]) -> float:
        chance = _chances(known[rows], columns["found"][rows], asked)
        return float(weight.sum() / (weight / np.maximum(chance, 1 / _MOST)).sum())

    count = len(columns["found"])
    drawn = [estimate(rng.integers(0, count, count)) for _ in range(_RESAMPLES)]
    low, high = np.quantile(drawn, (0.025, 0.975))
    return {"recall": estimate(np.arange(count)), "low": float(low), "high": float(high)}


def _features(speed: Floats, apart: Floats) -> Floats:
    return np.stack(
        [np.log2(np.maximum(speed, 1e-9)), np.log2(np.clip(apart, 0.3, _ALONE))], axis=1
    )


def _chances(known: Floats, found: Floats, asked: Floats) -> Floats:
    """Of units being found: logistic regression with a standard normal prior on its slopes.

    Slopes are not below 0: no unit is harder to find because it is stronger or further from the
    next, and a slope that chance has turned round would be extrapolated to the weakest ones.
    """
    middle, spread = known.mean(0), np.maximum(known.std(0), 0.1)
    # Half a unit found and half a one missed keep the chance off 0 and 1.
    design = np.pad((known - middle) / spread, ((0, 2), (0, 0)))
    target = np.concatenate([found, [1.0, 0.0]])
    times = np.concatenate([np.ones(len(known)), [0.5, 0.5]])
    used = np.ones(design.shape[1], bool)
    while True:
        slopes = _logistic(np.column_stack([np.ones(len(design)), design[:, used]]), target, times)
        if not used.any() or slopes[1:].min() >= 0:
            break
        used[np.flatnonzero(used)[slopes[1:].argmin()]] = False
    asked = (asked[:, used] - middle[used]) / spread[used]
    return np.asarray(expit(slopes[0] + asked @ slopes[1:]))


def _logistic(design: Floats, target: Floats, times: Floats) -> Floats:
    """Coefficients by Newton's method, the first one without a prior."""
    prior = np.ones(design.shape[1])
    prior[0] = 1e-6
    slopes = np.zeros(len(prior))
    for _ in range(25):
        chance = expit(design @ slopes)
        gradient = design.T @ (times * (target - chance)) - prior * slopes
        curvature = (design * (times * chance * (1 - chance))[:, None]).T @ design
        slopes = slopes + np.linalg.solve(curvature + np.diag(prior), gradient)
    return slopes


def _of(columns: dict[str, Floats], rng: np.random.Generator) -> dict[str, Any]:
    """Counts, recall and qualities of some added units."""
    found = columns["found"].astype(bool)
    count, hits = len(found), int(found.sum())
    wilson = binomtest(hits, count).proportion_ci(method="wilson")
    result: dict[str, Any] = {
        "units": count,
        "found": hits,
        "recall": [hits / count, float(wilson.low), float(wilson.high)],
    }
    for name in QUALITIES:
        values = columns[name][found]
        result[name] = None
        if values.size:
            drawn = values[rng.integers(0, values.size, (_RESAMPLES, values.size))].mean(1)
            low, high = np.quantile(drawn, (0.025, 0.975))
            result[name] = [float(values.mean()), float(low), float(high)]
    return result


def _plain(limit: float) -> float | None:
    return float(limit) if np.isfinite(limit) else None
