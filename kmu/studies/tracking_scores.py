"""What tracking is scored by: matches against the true ones, calibration, registration."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

from kmu.evaluation.calibration import expected_calibration_error, reliability
from kmu.evaluation.match import match_units
from kmu.motor_units import MotorUnits
from kmu.simulation.repetition import Repetition
from kmu.studies.series import REPETITION, Series
from kmu.tracking.assignment import join
from kmu.tracking.likeness import Floats
from kmu.tracking.probability import LEAST_OVERLAP
from kmu.tracking.registration import Registration
from kmu.tracking.seen import Seen, load_seen

Pair = tuple[int, int]
Odds = Callable[["Muscle"], dict[Pair, Floats]]


@dataclass(frozen=True, eq=False)
class Sighting:
    """One recording: what was found, and which true unit each found one is.

    Attributes:
        seen: the result.
        true: (K,) id of the true unit, negative and unlike all others for a false one.
        force: % MVC.
        series: that it is of.
        number: in the series.
    """

    seen: Seen
    true: NDArray[np.int64]
    force: float
    series: Series
    number: int

    def stranger(self, which: int) -> "Sighting":
        """The same as a recording of another muscle: its units have other ids."""
        return replace(self, true=self.true + np.sign(self.true) * 1_000_000 * (which + 1))


def sighting(series: Series, number: int) -> Sighting:
    """Reads recording ``number`` of a series."""
    seen = load_seen(series.path(number, "units"))
    truth = MotorUnits.load(series.path(number, "truth"))
    with h5py.File(series.path(number, "units")) as file:
        force = float(file.attrs["force"])
    matching = match_units(seen.units, truth)
    true = -(np.arange(len(seen.units), dtype=np.int64) + 1 + 1000 * (number + 1))
    true[matching.found] = truth.ids[matching.truth]
    return Sighting(seen, true, force, series, number)


@dataclass(frozen=True, eq=False)
class Muscle:
    """Recordings and their comparisons, by pair of recordings.

    Attributes:
        sightings: the recordings.
        registration: found.
        likeness: of all pairs of units, registered.
        unmoved: overlap of all pairs of units, as if the probe had not moved.
    """

    sightings: list[Sighting]
    registration: dict[Pair, Registration]
    likeness: dict[Pair, dict[str, Floats]]
    unmoved: dict[Pair, Floats]

    @property
    def family(self) -> str:
        """Of its first recording."""
        return self.sightings[0].series.family

    def same(self, pair: Pair) -> NDArray[np.bool_]:
        """(K, L) whether two found units are the same true one."""
        first, second = (self.sightings[k].true for k in pair)
        same: NDArray[np.bool_] = first[:, None] == second[None]
        return same


def scores(data: Sequence[Muscle], odds: Odds, least: float) -> dict[str, Any]:
    """Matches between all two recordings of each muscle, against the true ones.

    Args:
        data: of muscles.
        odds: log odds that a method gives.
        least: probability that a match needs.

    Returns:
        ``matches``, ``true_matches`` (units that were found in both of two recordings),
        ``confused`` (matches of two different true units; the other wrong ones hold a found unit
        that is no true one), ``precision``, ``recall``, and ``matched_share``: matches over units
        of the recording of two that has fewer.
    """
    made = right = confused = there = smaller = 0
    for muscle in data:
        index = join([len(s.true) for s in muscle.sightings], odds(muscle), float(logit(least)))
        for i, j in muscle.likeness:
            both = index[(index[:, i] >= 0) & (index[:, j] >= 0)]
            same = muscle.same((i, j))
            made += len(both)
            agree = same[both[:, i], both[:, j]]
            first, second = (muscle.sightings[k].true[both[:, k]] for k in (i, j))
            right += int(agree.sum())
            confused += int((~agree & (first > 0) & (second > 0)).sum())
            there += int(same.any(axis=1).sum())
            smaller += min(same.shape)
    return {
        "matches": made,
        "true_matches": there,
        "confused": confused,
        "precision": right / made if made else 1.0,
        "recall": right / there if there else 1.0,
        "matched_share": made / smaller if smaller else 0.0,
    }


def calibration(data: Sequence[Muscle], odds: Odds) -> dict[str, Any]:
    """Expected calibration error over pairs of units that touch, and over the best of each unit.

    Most touching pairs are plainly different units; what a match's probability is worth is said
    by the pairs in which each unit has its likeliest partner.
    """
    kinds: dict[str, list[tuple[Floats, NDArray[np.bool_]]]] = {"touching": [], "best": []}
    for muscle in data:
        given = odds(muscle)
        for pair, likeness in muscle.likeness.items():
            probability, same = expit(given[pair]), muscle.same(pair)
            touching = np.nan_to_num(likeness["iou"]) >= LEAST_OVERLAP
            kinds["touching"].append((probability[touching], same[touching]))
            if probability.size:
                rows = np.arange(len(probability))
                best = probability.argmax(axis=1)
                kinds["best"].append((probability[rows, best], same[rows, best]))
    result: dict[str, Any] = {}
    for name, parts in kinds.items():
        curve = reliability(
            np.concatenate([p for p, _ in parts]), np.concatenate([s for _, s in parts])
        )
        result[f"error_{name}"] = expected_calibration_error(curve)
        result[f"curve_{name}"] = json.loads(json.dumps([row._asdict() for row in curve]))
    return result


def registration_error(data: Sequence[Muscle]) -> dict[str, float]:
    """How far, in mm, places of the image are from where they are said to be."""
    errors, moved = [], []
    for muscle in data:
        for (i, j), found in muscle.registration.items():
            one, two = (muscle.sightings[k] for k in (i, j))
            here, there = (
                Repetition.draw(
                    REPETITION, s.series.family, s.series.seed, s.number, s.seen.size[1]
                )
                for s in (one, two)
            )
            depth, width = one.seen.size
            z, x = np.meshgrid(np.linspace(1, depth - 1, 9), np.linspace(1, width - 1, 9))
            places = np.stack([z.ravel(), x.ravel()], axis=1)
            true = there.image(np.stack(here.tissue(*places.T), axis=1))
            grids = [(s.seen.shape, s.seen.spacing) for s in (one, two)]
            said = found.placement.places(places, grids[0], grids[1])
            errors.append(float(np.linalg.norm(said - true, axis=1).mean()))
            moved.append(float(np.linalg.norm(places - true, axis=1).mean()))
    return {
        "pairs": len(errors),
        "moved_mm_mean": float(np.mean(moved)),
        "error_mm_median": float(np.median(errors)),
        "error_mm_95_percentile": float(np.percentile(errors, 95)),
        "error_mm_largest": float(np.max(errors)),
    }
