"""The F1 that a model's own scores foretell for a recording.

Scores are probabilities, those of candidates below the threshold too, so they say how many of the
units given are true, and how many more were seen and not given. That foretells how a recording went
far better than how its features lie among the training's (kmu/docs/evidence.md). Units that no
candidate stands for, and what scores are wrong by where recordings are hard, are made up for by a
fit on simulated recordings of every difficulty: ``python -m kmu.studies.expected_f1`` keeps it in
``expected.json``.
"""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit, logit

KEPT = Path(__file__).with_name("expected.json")
# What shares and scores are kept off 0 and 1 by, before their log odds are taken.
_EDGE = 0.005
_SPREADS = 1.96


@dataclass(frozen=True)
class Expected:
    """The F1 that a recording's scores foretell.

    Attributes:
        f1: 0 to 1.
        low: of the interval in which 95 % of simulated recordings lie, but for chance.
        high: of it.
        mean_score: of the units found.
        not_given: how many more units are to be expected among the candidates that are not given;
            None where that was not kept.
    """

    f1: float
    low: float
    high: float
    mean_score: float
    not_given: float | None = None

    @property
    def sentence(self) -> str:
        """What is foretold, in words."""
        return (
            f"simulated recordings {like_this(vars(self))}, reach an F1 of {self.f1:.2f} "
            f"({self.low:.2f}-{self.high:.2f})"
        )


def like_this(expected: dict[str, Any]) -> str:
    """Which recordings an F1 is foretold by, after the attributes of :class:`Expected`."""
    more = expected.get("not_given")
    seen = "" if more is None else f", with {more:.1f} more expected among the candidates not given"
    return f"whose units score {expected['mean_score']:.2f} on average{seen}, as here"


def score_inputs(score: ArrayLike, not_given: float | None) -> NDArray[np.float64]:
    """What scores say of a recording: two log odds, or the first alone.

    Args:
        score: (K,) of the units given, at least one.
        not_given: units to be expected among the candidates that are not given, or None.

    Returns:
        The mean of the scores' log odds; and the log odds of the F1 that follows if scores are the
        probabilities that they are meant to be: twice the true units among those given, over those
        given and all true ones.
    """
    score = np.asarray(score, np.float64)
    odds = logit(np.clip(score, _EDGE, 1 - _EDGE)).mean()
    if not_given is None:
        return np.array([odds])
    f1 = 2 * score.sum() / (len(score) + score.sum() + not_given)
    return np.array([odds, logit(np.clip(f1, _EDGE, 1 - _EDGE))])


def expected_f1(score: NDArray[np.float32], not_given: float | None = None) -> Expected | None:
    """The F1 foretold for a recording; None without units.

    Args:
        score: (K,) of the units found.
        not_given: as results keep it in their provenance; None for results that lack it.
    """
    if not len(score):
        return None
    fitted = _kept()["given_alone" if not_given is None else "all_candidates"]
    middle = fitted["intercept"] + score_inputs(score, not_given) @ np.array(fitted["weights"])
    reach = _SPREADS * fitted["spread"]
    f1, low, high = (float(value) for value in expit([middle, middle - reach, middle + reach]))
    return Expected(f1, low, high, float(np.mean(score)), not_given)


@cache
def _kept() -> dict[str, Any]:
    kept: dict[str, Any] = json.loads(KEPT.read_text(encoding="utf-8"))["f1"]
    return kept
