"""A recording's features beside those of the model's training family."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kmu.analysis.likeness.expected import Expected, expected_f1
from kmu.analysis.likeness.features import FEATURES

FAMILIES = Path(__file__).with_name("families.json")
DEFAULT_FAMILY = "mixed"
"""Of models that do not say what they were trained on."""
LEVELS = (0, 0.5, 1, 2.5, 5, 10, 25, 50, 75, 90, 95, 97.5, 99, 99.5, 100)
"""Percentiles that are kept of every feature and of the distance."""
_OUTSIDE = 0.5  # percent on either side
# Of the distance: one recording in a hundred of the family itself lies further out.
_FAR = 99.0


@dataclass(frozen=True)
class Likeness:
    """How far a recording lies from those the model learned from.

    Attributes:
        family: simulated recordings that the model was trained on.
        features: of the recording.
        percentiles: of each among the training recordings, 0 to 100.
        distance: Mahalanobis distance of all features together from the family's mean.
        percentile: of the distance.
        expected: the F1 that the scores of the units found foretell; None without units.
        own: a family that the model learned from and of which nothing is kept; ``family`` is then
            the default one.
    """

    family: str
    features: dict[str, float]
    percentiles: dict[str, float]
    distance: float
    percentile: float
    expected: Expected | None = None
    own: str = ""

    @property
    def outside(self) -> list[str]:
        """Features that hardly a training recording has so little or so much of."""
        return [
            name
            for name, place in self.percentiles.items()
            if not _OUTSIDE <= place <= 100 - _OUTSIDE
        ]

    @property
    def sentence(self) -> str:
        """One plain sentence if the recording lies outside, else empty."""
        if self.percentile <= _FAR:
            return ""
        said = []
        for feature in FEATURES:
            if feature.name in self.outside:
                low = self.percentiles[feature.name] < 50
                value, unit = self.features[feature.name], feature.unit
                said.append(f"{feature.low if low else feature.high} ({feature.name} "
                            f"{value:.3g}{' ' + unit if unit else ''})")  # fmt: skip
        what = f": {', '.join(said)}" if said else ", in no one feature but in all together"
        whose = "the model learned from"
        if self.own:
            whose = f"of family {self.family} (of the model's {self.own}, nothing is kept)"
        return (
            f"this recording is unlike those {whose} (distance {self.distance:.1f}, "
            f"percentile {self.percentile:.4g} of the family {self.family}){what}; "
            "check its units with care"
        )

    def summary(self) -> dict[str, Any]:
        """The same, fit for JSON."""
        expected = vars(self.expected) if self.expected else None
        told = {**vars(self), "expected": expected}
        return {**told, "outside": self.outside, "sentence": self.sentence}


def compare(
    features: dict[str, float],
    family: str = DEFAULT_FAMILY,
    score: NDArray[np.float32] | None = None,
    not_given: float | None = None,
) -> Likeness:
    """Places a recording among simulated ones.

    Args:
        features: of :func:`kmu.analysis.likeness.measure_features`.
        family: of the simulator; the default one if nothing is kept of it.
        score: (K,) of the units found.
        not_given: units to be expected among the candidates that are not given, if known.
    """
    kept = _families()
    own = "" if family in kept else family
    family = DEFAULT_FAMILY if own else family
    known = kept[family]
    order = [f.name for f in FEATURES]
    stretched = np.array([float(f.stretched(np.array(features[f.name]))) for f in FEATURES])
    levels = np.array(LEVELS, np.float64)
    percentiles = {
        f.name: _percentile(value, np.array(known["quantiles"][f.name]), levels)
        for f, value in zip(FEATURES, stretched, strict=True)
    }
    away = stretched - np.array([known["mean"][name] for name in order])
    distance = float(np.sqrt(max(away @ np.array(known["precision"]) @ away, 0.0)))
    return Likeness(
        family,
        {name: features[name] for name in order},
        percentiles,
        distance,
        _percentile(distance, np.array(known["distance"]), levels),
        None if score is None else expected_f1(score, not_given),
        own,
    )


def distribution(rows: list[dict[str, float]]) -> dict[str, Any]:
    """What is kept of a family: quantiles, mean and precision of the stretched features.

    Args:
        rows: features of its recordings, many more than there are features.
    """
    values = np.array([[row[f.name] for f in FEATURES] for row in rows])
    values = np.stack([f.stretched(values[:, k]) for k, f in enumerate(FEATURES)], axis=1)
    mean, covariance = values.mean(0), np.cov(values.T)
    # A little of the diagonal keeps features that nearly say the same from counting for much.
    covariance += 0.05 * np.diag(np.diag(covariance))
    precision = np.linalg.inv(covariance)
    away = values - mean
    distance = np.sqrt(np.einsum("ni,ij,nj->n", away, precision, away))

    def rounded(numbers: NDArray[np.float64]) -> list[Any]:
        return [float(f"{number:.4g}") for number in numbers]

    return {
        "recordings": len(rows),
        "quantiles": {
            f.name: rounded(np.percentile(values[:, k], LEVELS)) for k, f in enumerate(FEATURES)
        },
        "mean": dict(zip([f.name for f in FEATURES], rounded(mean), strict=True)),
        "precision": [rounded(row) for row in precision],
        "distance": rounded(np.percentile(distance, LEVELS)),
    }


def training_family(model: Path) -> str:
    """The family of simulated recordings that a model was trained on, by its training.json."""
    try:
        told = json.loads((model / "training.json").read_text())
        # An own family may be called as one of ours.
        own = told["data"].get("own") is not None
        return f"own {told['data']['family']}" if own else str(told["data"]["family"])
    except (OSError, ValueError, KeyError, TypeError):
        return DEFAULT_FAMILY


@cache
def _families() -> dict[str, Any]:
    kept: dict[str, Any] = json.loads(FAMILIES.read_text())["families"]
    return kept


def _percentile(value: float, quantiles: NDArray[np.float64], levels: NDArray[np.float64]) -> float:
    # Equal quantiles would make the place of their value ambiguous.
    rising = quantiles + 1e-9 * np.arange(len(quantiles))
    return float(np.interp(value, rising, levels))
