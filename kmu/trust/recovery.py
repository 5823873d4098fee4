"""What became of simulated units that were added to a recording, and of those already there."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest

from kmu.evaluation.intervals import UNIT_BINS
from kmu.evaluation.match import match_units
from kmu.evaluation.measures import Floats
from kmu.evaluation.scores import score_recording
from kmu.motor_units import MotorUnits
from kmu.trust.estimate import own_recall, properties_of
from kmu.trust.injection import Injected

QUALITIES = ("iou", "twitch_train_correlation", "firing_precision", "firing_recall")
"""Of the units that were found, the mean of each with its interval."""
_RESAMPLES = 400
# Bounds of strength relative to the found units, as for the other properties.
_BINS = {**UNIT_BINS, "strength": (0.0, 0.75, 1.5, np.inf)}


@dataclass(frozen=True, eq=False)
class Pass:
    """One identification of the recording with units added.

    Attributes:
        columns: (n,) of the added units: ``found``, ``strength``, ``speed`` (mm/s), ``size``
            (mm2), ``depth`` and ``nearest_centre`` (mm), ``share`` and ``area`` as
            :func:`kmu.trust.estimate.properties_of` has them, and ``found_speed`` (mm/s) and
            ``QUALITIES``, NaN where not found.
        kept: share of the units already there that are found again.
        kept_iou: mean overlap of those with what they were.
        new: units found that are neither.
    """

    columns: dict[str, Floats]
    kept: float
    kept_iou: float
    new: int


def recovered(
    again: MotorUnits, own: MotorUnits, injected: Injected, power: NDArray[np.float32]
) -> Pass:
    """Scores one pass.

    Args:
        again: what was found with the units added.
        own: what was found without them.
        injected: what was added.
        power: (Z, X) root mean square velocity of the recording without them, mm/s.
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
    matching = match_units(again, both)
    found_speed = np.full(len(both), np.nan)
    trains = again.twitch_train[matching.found].astype(np.float64)
    found_speed[matching.truth] = np.sqrt(np.mean(trains**2, axis=1))
    moved = (injected.speed[:, None, None] * added.territory) ** 2
    share, area = properties_of(added, np.sqrt(power**2 + moved.sum(0)), injected.speed).T
    columns = {
        "found": detected[count:].astype(np.float64),
        "strength": injected.strength,
        "speed": injected.speed,
        "found_speed": found_speed[count:],
        "share": share,
        "area": area,
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


def summary(
    passes: Sequence[Pass],
    own: MotorUnits,
    power: NDArray[np.float32],
    rng: np.random.Generator,
) -> dict[str, Any]:
    """What all passes say, fit for JSON.

    Args:
        passes: one or more.
        own: the units found without added ones.
        power: (Z, X) root mean square velocity of the recording, mm/s.
        rng: of the intervals.

    Returns:
        ``units`` and ``found`` (counts), ``recall`` with its Wilson interval, each of
        ``QUALITIES`` with a bootstrapped one, ``by``: the same by strength, size (mm2), depth and
        distance to the next unit (mm), ``kept``, ``kept_iou``, ``new_per_pass``, and
        ``own_recall``: see :func:`kmu.trust.estimate.own_recall`.
    """
    columns = joined(passes)
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
        "own_recall": own_recall(columns, own, power, rng),
    }


def joined(passes: Sequence[Pass]) -> dict[str, Floats]:
    """The columns of all passes together."""
    return {
        name: np.concatenate([one.columns[name] for one in passes]) for name in passes[0].columns
    }


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
