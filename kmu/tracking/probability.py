"""How likely two units are the same: a logistic curve over their likeness, fitted on simulation."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from scipy.special import expit

from kmu.tracking.likeness import FEATURES, Floats

_FILE = Path(__file__).with_name("probability.json")
# Pairs that touch less than this are not the same.
LEAST_OVERLAP = 0.05


@dataclass(frozen=True, eq=False)
class MatchModel:
    """The curve: expit(offset + sum of weight (value - mean) / deviation).

    A value that is unknown counts as the mean.

    Attributes:
        weight: (F,) of ``FEATURES``.
        mean: (F,) over the pairs it was fitted on.
        deviation: (F,) over them.
        offset: a number.
    """

    weight: Floats
    mean: Floats
    deviation: Floats
    offset: float

    def log_odds(self, likeness: Mapping[str, Floats]) -> Floats:
        """(K, L) log odds that two units are the same; minus infinity where they do not touch."""
        values = np.stack([likeness[name] for name in FEATURES], axis=-1)
        standard = np.nan_to_num((values - self.mean) / self.deviation)
        odds = standard @ self.weight + self.offset
        touching = np.nan_to_num(likeness["iou"]) >= LEAST_OVERLAP
        return np.where(touching, odds, -np.inf)

    def probability(self, likeness: Mapping[str, Floats]) -> Floats:
        """(K, L) the same as a probability."""
        return np.asarray(expit(self.log_odds(likeness)), np.float64)

    def to_dict(self) -> dict[str, Any]:
        """For JSON: offset, and mean, deviation and weight by the name of the feature."""
        return {
            "offset": self.offset,
            "features": {
                name: {
                    "mean": float(self.mean[k]),
                    "deviation": float(self.deviation[k]),
                    "weight": float(self.weight[k]),
                }
                for k, name in enumerate(FEATURES)
            },
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "MatchModel":
        """The reverse of :meth:`to_dict`."""
        rows = [values["features"][name] for name in FEATURES]
        columns = ("weight", "mean", "deviation")
        weight, mean, deviation = (np.array([row[name] for row in rows]) for name in columns)
        return cls(weight, mean, deviation, float(values["offset"]))


@cache
def match_model() -> MatchModel:
    """The model that came with kmu."""
    return MatchModel.from_dict(json.loads(_FILE.read_text()))
