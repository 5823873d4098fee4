"""How many of a recording's own units were found: from added units, and from the model's scores.

Which added units are found is decided, in all recordings alike, by the share that a unit has of the
motion in its place, and by its size. So the chance of being found is known from simulated
recordings, and the units added to this one only move it up or down. The units found are a selection
of those that are there, the easier ones: shares of all units are taken to be normally distributed
(in logarithms), and the middle of that distribution is the one under which what was found is
likeliest, given that the weak are missed (capture and recapture with unequal chances: Huggins,
Biometrika 76:133, 1989). The recall that follows, and the mean score of the units found, are
weighed as they foretell the recall on simulated recordings of every difficulty:
``python -m kmu.studies.recall`` keeps the numbers in ``recall.json``.
"""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

from kmu.evaluation.measures import Floats
from kmu.motor_units import MotorUnits

KEPT = Path(__file__).with_name("recall.json")
# Of log2 of the share: the grid, the spread within a recording, and where its middle may lie.
_GRID = np.linspace(-4.0, 1.5, 111)
_SPREAD, _MIDDLE, _MIDDLE_SPREAD = 0.5, -0.1, 0.5
_MIDDLES = np.linspace(-2.5, 0.8, 45)
APART = 0.5
"""Spread of the intercept of the chance, from recording to recording."""
# What trains of the network are of the true ones, where too few added units say it.
_KEPT_SPEED, _FEWEST = 0.9, 6
_DRAWS = 2000
_EDGE = 0.02


@dataclass(frozen=True)
class Chance:
    """Of a unit being found: logistic in log2 of its share and of its area.

    Attributes:
        intercept: at ``middle``.
        slopes: for one ``spread``.
        middle: of both properties.
        spread: of both.
    """

    intercept: float
    slopes: tuple[float, float]
    middle: tuple[float, float]
    spread: tuple[float, float]

    def __call__(self, properties: Floats, moved: float = 0.0) -> Floats:
        """(n,) chances of units of ``properties`` (n, 2), with the intercept moved."""
        known = np.where(np.isfinite(properties), properties, self.middle)
        scaled = (known - np.array(self.middle)) / np.array(self.spread)
        return np.asarray(expit(self.intercept + moved + scaled @ np.array(self.slopes)))

    def moved(self, properties: Floats, found: Floats) -> float:
        """How far this recording's added units move the intercept (normal prior of sd 0.5)."""
        at = 0.0
        for _ in range(25):
            chance = self(properties, at)
            slope = float((found - chance).sum()) - at / APART**2
            at += slope / (float((chance * (1 - chance)).sum()) + 1 / APART**2)
        return at


@dataclass(frozen=True)
class Weights:
    """How the two foretell the recall, by logits.

    Attributes:
        intercept: of the sum.
        population: weight of the logit of the recall that the added units give.
        score: weight of the logit of the mean score.
        spread: of what is left, from recording to recording, in logits.
    """

    intercept: float
    population: float
    score: float
    spread: float

    def __call__(self, population: Floats | float, score: Floats | float) -> Floats:
        """The recall that both foretell."""
        total = self.population * squeezed(population) + self.score * squeezed(score)
        return np.asarray(expit(self.intercept + total))


def squeezed(share: Floats | float) -> Floats:
    """Logit of a share, kept off 0 and 1."""
    return np.asarray(logit(np.clip(share, _EDGE, 1 - _EDGE)))


def properties_of(units: MotorUnits, power: NDArray[np.float32], speed: Floats) -> Floats:
    """(K, 2) log2 of the share of the motion in its place that a unit has, and of its area in mm2.

    Args:
        units: K of them.
        power: (Z, X) root mean square velocity, these units included, mm/s.
        speed: (K,) root mean square of each train, mm/s.
    """
    masks = units.mask
    size = masks.sum((1, 2))
    square = np.square(power, dtype=np.float64)
    place = np.sqrt(np.einsum("kzx,zx->k", masks, square) / np.maximum(size, 1))
    share = np.clip(speed / np.maximum(place, 1e-9), 0.02, 5.0)
    area = np.maximum(size * float(np.prod(units.spacing)), 1.0)
    return np.stack([np.log2(share), np.log2(area)], axis=1)


def kept_speed(found_speed: Floats, speed: Floats) -> float:
    """What the network's trains are of the true ones, by the added units that were found."""
    ratio = (found_speed / speed)[np.isfinite(found_speed)]
    return float(np.clip(np.median(ratio), 0.6, 1.1)) if len(ratio) >= _FEWEST else _KEPT_SPEED


def population_recall(chance: Chance, moved: float, own: Floats) -> float:
    """The mean chance of being found over all units of which ``own`` (K, 2) are those found."""
    size = float(np.median(own[:, 1]))
    chances = chance(np.stack([_GRID, np.full(len(_GRID), size)], axis=1), moved)
    share = np.exp(-0.5 * ((_GRID - _MIDDLES[:, None]) / _SPREAD) ** 2)
    recall = (share / share.sum(1, keepdims=True)) @ chances
    likely = -0.5 * (((own[:, 0] - _MIDDLES[:, None]) / _SPREAD) ** 2).sum(1)
    likely = likely - len(own) * np.log(recall) - 0.5 * ((_MIDDLES - _MIDDLE) / _MIDDLE_SPREAD) ** 2
    weight = np.exp(likely - likely.max())
    return float(weight @ recall / weight.sum())


def own_recall(
    columns: dict[str, Floats],
    own: MotorUnits,
    power: NDArray[np.float32],
    rng: np.random.Generator,
) -> dict[str, float]:
    """The share of a recording's own units that was found, as far as can be told.

    Args:
        columns: of the added units: ``found``, ``speed``, ``found_speed``, ``share``, ``area``.
        own: the units found without them.
        power: (Z, X) root mean square velocity of the recording, mm/s.
        rng: of the interval.

    Returns:
        ``recall``, its 95 % interval ``low`` to ``high`` (what simulated recordings differ by from
        what is foretold, and what chance does to as many units), and its two sources, ``added`` and
        ``mean_score``.
    """
    chance, weights = _kept()
    properties = np.stack([columns["share"], columns["area"]], axis=1)
    moved = chance.moved(properties, columns["found"])
    speed = np.sqrt(np.mean(own.twitch_train.astype(np.float64) ** 2, axis=1))
    speed = speed / kept_speed(columns["found_speed"], columns["speed"])
    added = population_recall(chance, moved, properties_of(own, power, speed))
    score = float(np.mean(own.score))
    recall = float(weights(added, score))
    count = max(round(len(own) / recall), 1)
    shares = expit(squeezed(recall) + weights.spread * rng.standard_normal(_DRAWS))
    low, high = np.quantile(rng.binomial(count, shares) / count, (0.025, 0.975))
    return {
        "recall": recall, "low": float(low), "high": float(high), "added": added,
        "mean_score": score,
    }  # fmt: skip


@cache
def _kept() -> tuple[Chance, Weights]:
    told: dict[str, Any] = json.loads(KEPT.read_text(encoding="utf-8"))
    chance = {name: plain(value) for name, value in told["chance"].items()}
    return Chance(**chance), Weights(**told["recall"])


def plain(value: Any) -> Any:
    """A list as a tuple."""
    return tuple(value) if isinstance(value, list) else value
