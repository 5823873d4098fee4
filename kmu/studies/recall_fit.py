"""The fits of ``kmu.studies.recall``: what is foretold of a result by what is known of it."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.special import expit
from scipy.stats import binom

from kmu.evaluation.measures import Floats
from kmu.trust import estimate

# Recordings of more units count as if they had so many: their units share one fate.
_MOST_UNITS = 12
_NORMAL = np.linspace(-3.5, 3.5, 41)


def fitted_chance(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The chance of an added unit being found, an intercept of its own for every recording."""
    share, area, found = (
        np.concatenate([row["added"][n] for row in rows]) for n in ("share", "area", "found")
    )
    where = np.repeat(np.arange(len(rows)), [len(row["added"]["found"]) for row in rows])
    values = np.stack([share, area], axis=1)
    middle, spread = values.mean(0), values.std(0)
    own = np.eye(len(rows))[where]
    design = np.column_stack([np.ones(len(found)), (values - middle) / spread, own])
    prior = np.r_[1e-6, 0.1, 0.1, np.full(len(rows), 1 / estimate.APART**2)]
    slopes = _regressed(design, found, np.ones(len(found)), prior)
    return {
        "intercept": float(slopes[0]), "slopes": slopes[1:3].tolist(),
        "middle": middle.tolist(), "spread": spread.tolist(),
    }  # fmt: skip


def foretold(inputs: Floats, hits: Floats, of: Floats) -> tuple[Floats, float, Floats]:
    """Weights (1 + n) of logits (N, n), the spread that is left, and what others foretell of each.

    The spread is likeliest for what each recording is foretold by the fit to all others.
    """
    design = np.column_stack([np.ones(len(inputs)), inputs])
    prior = np.r_[1e-6, np.full(inputs.shape[1], 0.3)]
    times = of * np.minimum(of, _MOST_UNITS) / of
    weights = _regressed(design, hits / of, times, prior)
    left_out = np.empty(len(hits))
    for k in range(len(hits)):
        rest = np.arange(len(hits)) != k
        others = _regressed(design[rest], (hits / of)[rest], times[rest], prior)
        left_out[k] = expit(design[k] @ others)
    spreads = np.linspace(0.05, 2, 40)
    likely = []
    density = np.exp(-0.5 * _NORMAL**2) / np.exp(-0.5 * _NORMAL**2).sum()
    for spread in spreads:
        shares = expit(estimate.squeezed(left_out)[:, None] + spread * _NORMAL)
        chances = binom.pmf(hits[:, None], of[:, None], shares) @ density
        likely.append(np.log(chances + 1e-12).sum())
    return weights, float(spreads[int(np.argmax(likely))]), left_out


def conclusions(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """All that is kept, and how well each recording is foretold by the others."""
    chance = fitted_chance(rows)
    known = estimate.Chance(**{name: estimate.plain(value) for name, value in chance.items()})
    population = []
    for row in rows:
        added = np.stack([row["added"]["share"], row["added"]["area"]], axis=1)
        moved = known.moved(added, np.array(row["added"]["found"]))
        population.append(estimate.population_recall(known, moved, np.array(row["own"])))
    true, matched, score = (
        np.array([row[n] for row in rows], np.float64) for n in ("true", "matched", "mean_score")
    )
    inputs = np.stack([estimate.squeezed(np.array(population)), estimate.squeezed(score)], axis=1)
    weights, spread, recall = foretold(inputs, matched, true)
    return {
        "chance": chance,
        "recall": dict(zip(("intercept", "population", "score"), weights.tolist(), strict=True))
        | {"spread": spread},
        "left_out": {
            "recordings": len(rows),
            "recall": agreeing(recall, matched / true),
            "added_alone": agreeing(
                np.array([np.mean(row["added"]["found"]) for row in rows]), matched / true
            ),
        },
    }


def agreeing(told: Floats, true: Floats) -> dict[str, float]:
    """Correlation of what was foretold with what was so, and their distance."""
    return {
        "correlation": float(np.corrcoef(told, true)[0, 1]),
        "mean_difference": float(np.mean(told - true)),
        "mean_absolute_difference": float(np.mean(np.abs(told - true))),
    }


def _regressed(design: Floats, target: Floats, times: Floats, prior: Floats) -> Floats:
    """Coefficients of a logistic regression with normal priors around 0, by Newton's method."""
    slopes = np.zeros(design.shape[1])
    for _ in range(40):
        chance = expit(design @ slopes)
        gradient = design.T @ (times * (target - chance)) - prior * slopes
        curvature = (design * (times * chance * (1 - chance))[:, None]).T @ design
        slopes = slopes + np.linalg.solve(curvature + np.diag(prior), gradient)
    return slopes
