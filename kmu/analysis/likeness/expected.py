"""The F1 that a model's own scores foretell for a recording.

A score is a probability; the mean score of the units found says more about how a recording went
than how far its features lie from the training's (kmu/docs/evidence.md). How the one follows from
the other is fitted on simulated recordings of every difficulty: ``python -m kmu.studies.recall``
keeps it in ``expected.json``.
"""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

KEPT = Path(__file__).with_name("expected.json")
_EDGE = 0.02
_SPREADS = 1.96


@dataclass(frozen=True)
class Expected:
    """The F1 that a recording's mean score foretells.

    Attributes:
        f1: 0 to 1.
        low: of the interval in which 95 % of simulated recordings lie, but for chance.
        high: of it.
        mean_score: of the units found.
    """

    f1: float
    low: float
    high: float
    mean_score: float

    @property
    def sentence(self) -> str:
        """What is foretold, in words."""
        return (
            f"simulated recordings whose units score {self.mean_score:.2f} on average, as here, "
            f"reach an F1 of {self.f1:.2f} ({self.low:.2f}-{self.high:.2f})"
        )


def expected_f1(score: NDArray[np.float32]) -> Expected | None:
    """The F1 foretold for a recording whose units have these scores (K,); None without units."""
    if not len(score):
        return None
    fitted = _kept()
    mean = float(np.mean(score))
    share = np.clip(mean, _EDGE, 1 - _EDGE)
    middle = fitted["intercept"] + fitted["score"] * np.log(share / (1 - share))
    reach = _SPREADS * fitted["spread"]
    f1, low, high = (
        float(1 / (1 + np.exp(-logit))) for logit in (middle, middle - reach, middle + reach)
    )
    return Expected(f1, low, high, mean)


@cache
def _kept() -> dict[str, float]:
    kept: dict[str, float] = json.loads(KEPT.read_text(encoding="utf-8"))["f1"]
    return kept
