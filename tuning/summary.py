"""What came of a search, read from its files: a table and a figure."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kmu.evaluation.table import markdown

_OWN = "tuner/"  # what Keras Tuner keeps among the hyperparameters for itself


@dataclass(frozen=True)
class CompletedTrial:
    """A trial that was trained and scored.

    Attributes:
        name: Keras Tuner's name of it.
        score: the objective.
        scores: all scores.
        values: the hyperparameters.
    """

    name: str
    score: float
    scores: dict[str, float]
    values: dict[str, Any]


def read_trials(project: Path, objective: str) -> list[CompletedTrial]:
    """The completed trials of a search, best first.

    Args:
        project: Keras Tuner's project folder.
        objective: the score to sort by, highest first.
    """
    found = []
    for path in sorted(project.glob("trial_*/trial.json")):
        try:
            state = json.loads(path.read_text())
        except ValueError:
            continue  # being written just now
        metrics = state["metrics"]["metrics"]
        if state["status"] != "COMPLETED" or objective not in metrics:
            continue
        scores = {
            name: float(history["observations"][-1]["value"][0])
            for name, history in metrics.items()
            if history["observations"]
        }
        values = state["hyperparameters"]["values"]
        found.append(CompletedTrial(state["trial_id"], scores[objective], scores, values))
    return sorted(found, key=lambda trial: (-trial.score, trial.name))


def summary_table(trials: Sequence[CompletedTrial]) -> str:
    """Scores and hyperparameters of trials as a Markdown table, in the order given."""
    names = _hyperparameters(trials)
    scored = sorted({name for trial in trials for name in trial.scores})
    rows = [["trial", *scored, *names]]
    for trial in trials:
        row = [trial.name, *(f"{trial.scores.get(name, float('nan')):.3f}" for name in scored)]
        for name in names:
            value = trial.values.get(name, "")
            row.append(f"{value:.3g}" if isinstance(value, float) else str(value))
        rows.append(row)
    return markdown(rows[0], rows[1:], texts=len(rows[0]))


def best_so_far(
    trials: Sequence[CompletedTrial],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Score of each trial in the order they were started, and the best up to there."""
    in_order = sorted(trials, key=lambda trial: trial.name)
    scores = np.array([trial.score for trial in in_order])
    return scores, np.maximum.accumulate(scores)


def draw_summary(trials: Sequence[CompletedTrial], objective: str, path: Path) -> None:
    """Draws the course of the search and the score against each hyperparameter."""
    from matplotlib.figure import Figure

    from kmu.files import replacing

    names = _hyperparameters(trials)
    columns = min(4, len(names) + 1)
    rows = -(-(len(names) + 1) // columns)
    figure = Figure(figsize=(3.2 * columns, 2.6 * rows), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False).ravel()
    scores, best = best_so_far(trials)
    number = np.arange(1, len(scores) + 1)
    axes[0].plot(number, scores, "o", color="tab:gray", markersize=4)
    axes[0].step(number, best, where="post", color="tab:red")
    axes[0].set(xlabel="trial", ylabel=objective.replace("_", " "), title="best so far")
    for axis, name in zip(axes[1:], names, strict=False):
        pairs = [(trial.values[name], trial.score) for trial in trials if name in trial.values]
        values = [value if isinstance(value, int | float) else str(value) for value, _ in pairs]
        axis.plot(values, [score for _, score in pairs], "o", markersize=4)
        axis.set(xlabel=name.replace("_", " "))
        if "rate" in name:
            axis.set_xscale("log")
    for axis in axes[len(names) + 1 :]:
        axis.remove()
    with replacing(path) as temporary:
        figure.savefig(temporary, dpi=90)


def _hyperparameters(trials: Sequence[CompletedTrial]) -> list[str]:
    names = {name for trial in trials for name in trial.values if not name.startswith(_OWN)}
    return sorted(names)
