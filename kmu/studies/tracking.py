"""How well units are tracked: fits the probability on some series of recordings, tests on others.

``python -m kmu.studies.series`` makes the series; ``python -m kmu.studies.tracking --series DIR
--out kmu/docs/results/tracking.json`` fits the probability on seeds 1000 to 1049 (writing
``kmu/tracking/probability.json`` if asked by ``--write-model``) and reports on 2000 to 2049.
"""

import argparse
import itertools
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy.special import logit

from kmu.analysis.provenance import model_name
from kmu.errors import exit_code
from kmu.files import replacing
from kmu.identification.finding import find_model
from kmu.progress import Progress
from kmu.simulation.threads import single_thread
from kmu.studies.run_facts import run_facts
from kmu.studies.series import FAMILIES, RECORDINGS, Series
from kmu.studies.tracking_scores import (
    Muscle,
    Pair,
    Sighting,
    calibration,
    registration_error,
    scores,
    sighting,
)
from kmu.tracking.likeness import FEATURES, Floats, compare
from kmu.tracking.pipeline import LEAST_PROBABILITY
from kmu.tracking.placement import Placement
from kmu.tracking.probability import LEAST_OVERLAP, MatchModel, match_model
from kmu.tracking.registration import register

FIT, TEST = 1000, 2000
THRESHOLDS = np.arange(0.1, 0.95, 0.05)
LEAST = (0.3, 0.5, 0.7, 0.8, 0.9)
_FOLDS = 5
# Forces this close are said to be alike.
_LIKE = 1.15


def muscles(folder: Path, first: int, count: int) -> tuple[list[Muscle], list[Muscle]]:
    """Compares the recordings of every series, and as many pairs of different muscles.

    Args:
        folder: of the series.
        first: seed of the first series.
        count: of series.

    Returns:
        Each series; and for each its first recording beside the second one of the next muscle of
        its family, which have no unit in common.
    """
    own, other = [], []
    seeds = range(first, first + count)
    with Progress("comparing", 2 * count, "series") as progress, single_thread():
        for k, seed in enumerate(seeds):
            series = Series(folder, seed)
            own.append(_compared([sighting(series, n) for n in range(RECORDINGS)]))
            progress.advance()
            apart = [seeds[(k + len(FAMILIES) * n) % count] for n in range(2)]
            strangers = [
                sighting(Series(folder, seed), n).stranger(n) for n, seed in enumerate(apart)
            ]
            other.append(_compared(strangers))
            progress.advance()
    return own, other


def _compared(sightings: list[Sighting]) -> Muscle:
    muscle = Muscle(sightings, {}, {}, {})
    for i, j in itertools.combinations(range(len(sightings)), 2):
        one, two = sightings[i], sightings[j]
        found = register(one.seen, two.seen)
        alike = max(one.force, two.force) <= _LIKE * min(one.force, two.force)
        muscle.registration[i, j] = found
        muscle.likeness[i, j] = compare(one.seen, two.seen, found.placement, alike)
        muscle.unmoved[i, j] = compare(one.seen, two.seen, Placement())["iou"]
    return muscle


def fit(data: Sequence[Muscle]) -> MatchModel:
    """Fits the probability on all pairs of units that touch."""
    from sklearn.linear_model import LogisticRegression

    values, labels = [], []
    for muscle in data:
        for pair, likeness in muscle.likeness.items():
            touching = np.nan_to_num(likeness["iou"]) >= LEAST_OVERLAP
            values.append(np.stack([likeness[name][touching] for name in FEATURES], axis=1))
            labels.append(muscle.same(pair)[touching])
    table, same = np.concatenate(values), np.concatenate(labels)
    mean, deviation = np.nanmean(table, axis=0), np.nanstd(table, axis=0)
    standard = np.nan_to_num((table - mean) / deviation)
    fitted = LogisticRegression(max_iter=1000).fit(standard, same)
    return MatchModel(fitted.coef_[0], mean, deviation, float(fitted.intercept_[0]))


def left_out(train: tuple[list[Muscle], list[Muscle]]) -> list[dict[str, float]]:
    """What each least probability gives on series that the probability was not fitted on.

    Each fifth of the fitting series is judged by a fit on the others: the test series say nothing
    in the choice.
    """
    own, other = train
    folds = np.arange(len(own)) // len(FAMILIES) % _FOLDS
    given: dict[int, dict[Pair, Floats]] = {}
    for fold in range(_FOLDS):
        rest = [muscles[k] for muscles in train for k in np.flatnonzero(folds != fold)]
        model = fit(rest)
        for muscles in train:
            for k in np.flatnonzero(folds == fold):
                given[id(muscles[k])] = without_rate(model, muscles[k])
    rows = []
    for least in LEAST:
        found = scores(own, lambda muscle: given[id(muscle)], least)
        strange = scores(other, lambda muscle: given[id(muscle)], least)
        row = {"precision": found["precision"], "recall": found["recall"]}
        rows.append({"least": least, **row, "other_muscle": strange["matched_share"]})
    return rows


def without_rate(model: MatchModel, muscle: Muscle) -> dict[Pair, Floats]:
    """Log odds as if forces were not known to be alike."""
    return {
        pair: model.log_odds({**likeness, "rate": np.full_like(likeness["rate"], np.nan)})
        for pair, likeness in muscle.likeness.items()
    }


def overlap_odds(muscle: Muscle, registered: bool) -> dict[Pair, Floats]:
    """Overlap alone, as log odds of the overlap itself."""
    maps = {pair: likeness["iou"] for pair, likeness in muscle.likeness.items()}
    chosen = maps if registered else muscle.unmoved
    return {
        pair: np.asarray(logit(np.clip(np.nan_to_num(iou), 1e-3, 1 - 1e-3)))
        for pair, iou in chosen.items()
    }


def best_threshold(data: Sequence[Muscle], registered: bool) -> float:
    """The overlap from which on two units are taken as the same, with the highest F1."""

    def value(threshold: float) -> float:
        found = scores(data, lambda m: overlap_odds(m, registered), threshold)
        both = found["precision"] + found["recall"]
        return float(2 * found["precision"] * found["recall"] / both) if both else 0.0

    return float(max(THRESHOLDS, key=value))


def report(
    model: MatchModel,
    train: tuple[list[Muscle], list[Muscle]],
    test: tuple[list[Muscle], list[Muscle]],
) -> dict[str, Any]:
    """All figures on the test series, and on other muscles as null."""
    own, other = test

    def odds(muscle: Muscle) -> dict[Pair, Floats]:
        return {pair: model.log_odds(likeness) for pair, likeness in muscle.likeness.items()}

    def rateless(muscle: Muscle) -> dict[Pair, Floats]:
        return without_rate(model, muscle)

    methods: dict[str, Any] = {}
    for name, given in (("kmu track", rateless), ("kmu track, rates at like force", odds)):
        methods[name] = {
            "least": LEAST_PROBABILITY,
            **scores(own, given, LEAST_PROBABILITY),
            "other_muscle": scores(other, given, LEAST_PROBABILITY)["matched_share"],
            "calibration": calibration([*own, *other], given),
        }
    for registered in (True, False):

        def overlap(muscle: Muscle, registered: bool = registered) -> dict[Pair, Floats]:
            return overlap_odds(muscle, registered)

        threshold = best_threshold(train[0], registered)
        name = f"overlap alone, {'registered' if registered else 'not registered'}"
        methods[name] = {
            "least": threshold,
            **scores(own, overlap, threshold),
            "other_muscle": scores(other, overlap, threshold)["matched_share"],
        }
    by_family = {
        family: scores([m for m in own if m.family == family], rateless, LEAST_PROBABILITY)
        for family in FAMILIES
    }
    return {
        "methods": methods,
        "left_out": left_out(train),
        "families": by_family,
        "registration": registration_error(own),
    }


def main(argv: Sequence[str] | None = None) -> int:
    """Fits, tests, writes."""
    parser = argparse.ArgumentParser(prog="python -m kmu.studies.tracking", description=__doc__)
    parser.add_argument("--series", type=Path, required=True, help="folder of kmu.studies.series")
    parser.add_argument("--count", type=int, default=50, help="series to fit on, and to test on")
    parser.add_argument("--out", type=Path, required=True, help="JSON of the results")
    parser.add_argument("--write-model", type=Path, help="JSON of the probability")
    parser.add_argument(
        "--shipped", action="store_true", help="test the probability that came with kmu"
    )
    arguments = parser.parse_args(argv)
    count = arguments.count
    train = muscles(arguments.series, FIT, count)
    model = match_model() if arguments.shipped else fit([*train[0], *train[1]])
    facts = run_facts("python -m kmu.studies.tracking")
    if arguments.write_model:
        with replacing(arguments.write_model) as temporary:
            made = {**facts, "fitted_on": f"{count} series from seed {FIT}", **model.to_dict()}
            temporary.write_text(json.dumps(made, indent=1) + "\n")
    test = muscles(arguments.series, TEST, count)
    result = {
        **facts,
        "model": model_name(find_model()),
        "series": f"{count} of {RECORDINGS} recordings, seeds {TEST} to {TEST + count - 1}",
        **report(model, train, test),
    }
    with replacing(arguments.out) as temporary:
        temporary.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(exit_code(main))
