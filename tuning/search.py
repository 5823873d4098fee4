"""Searching over trials: Bayesian, Hyperband or random; resumable, on one or many machines.

Keras Tuner brings the search, its files and its distribution: where the environment variables
``KERASTUNER_TUNER_ID``, ``KERASTUNER_ORACLE_IP`` and ``KERASTUNER_ORACLE_PORT`` are set, this
process is the chief or a worker. See ``kmu/docs/tuning.md``.
"""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras_tuner

from kmu.config import TrainingConfig
from kmu.errors import InputError
from kmu.files import replacing
from kmu.progress import say
from kmu.tuning.search_space import SearchSpace
from kmu.tuning.summary import CompletedTrial, draw_summary, read_trials, summary_table
from kmu.tuning.trial import OBJECTIVES, shortened

Score = Callable[[TrainingConfig, Path], dict[str, float]]
TUNERS = ("bayesian", "hyperband", "random")
PROJECT = "search"
# Hyperband's resource: shares of the configured steps, in this many parts.
_PARTS = 9


class _Trials(keras_tuner.Tuner):
    """Runs trials that are configurations, where Keras Tuner's own would fit a layer model."""

    def __init__(self, *, score: Score, out: Path, **options: Any) -> None:
        self._score, self._out = score, out
        super().__init__(**options)

    def run_trial(self, trial: Any, *_: Any, **__: Any) -> dict[str, float]:
        """Trains and scores what the trial's hyperparameters stand for."""
        hp = trial.hyperparameters
        config = self.hypermodel.configure(hp)
        parts = hp.values.get("tuner/epochs")
        if parts is not None:
            config = shortened(config, parts / _PARTS)
        return self._score(config, self._out / "trials" / trial.trial_id)

    def load_model(self, trial: Any) -> Any:
        """Not kept: the winner is a configuration, to be trained from."""
        raise NotImplementedError("trials keep no model; train the winner's configuration")

    def _populate_initial_space(self) -> None:
        # Keras Tuner would build every network once only to learn the names.
        hp = self.oracle.get_space()
        self.hypermodel.configure(hp)
        self.oracle.update_space(hp)


class _Bayesian(_Trials, keras_tuner.BayesianOptimization):
    pass


class _Hyperband(_Trials, keras_tuner.Hyperband):
    pass


class _Random(_Trials, keras_tuner.RandomSearch):
    pass


def search(
    space: SearchSpace,
    out: Path,
    score: Score,
    *,
    trials: int,
    tuner: str = "bayesian",
    objective: str = "f1",
    seed: int = 1,
) -> list[CompletedTrial]:
    """Searches a space, or goes on where an interrupted search stands.

    Args:
        space: the configurations to search.
        out: folder for everything: ``search/`` (Keras Tuner's own), ``trials/``, ``best.json``,
            ``trials.json``, ``summary.md``, ``summary.png``.
        score: trains and scores a configuration in a folder.
        trials: how many trials at most, those of an interrupted search counted.
        tuner: ``bayesian``, ``hyperband`` (many short trials, the best again and longer), or
            ``random`` (the list of trials follows from the seed alone, whoever runs them).
        objective: the score to make as high as possible.
        seed: of the choice of trials.

    Returns:
        The completed trials, best first; of a worker, those it can see.

    Raises:
        InputError: if ``out`` holds another search, or no trial could be completed.
    """
    if objective not in OBJECTIVES or tuner not in TUNERS or trials < 1:
        raise InputError(
            f"cannot search with tuner {tuner!r}, objective {objective!r}, {trials} trials; tuners "
            f"are {', '.join(TUNERS)}, objectives {', '.join(OBJECTIVES)}, trials at least 1"
        )
    role = os.environ.get("KERASTUNER_TUNER_ID", "")
    is_worker = bool(role) and "chief" not in role
    if not is_worker:
        _claim(out, space, tuner, objective, seed)
    common: dict[str, Any] = {
        "hypermodel": space,
        "objective": keras_tuner.Objective(objective, "max"),
        "seed": seed,
        "directory": str(out),
        "project_name": PROJECT,
        "overwrite": False,
        "score": score,
        "out": out,
    }
    engine: keras_tuner.Tuner
    if tuner == "hyperband":
        engine = _Hyperband(max_epochs=_PARTS, factor=3, **common)
    else:
        engine = (_Bayesian if tuner == "bayesian" else _Random)(max_trials=trials, **common)
    if not is_worker:
        # A search that is resumed with more trials goes on; Hyperband has no such limit itself.
        engine.oracle.max_trials = trials
    engine.search(verbose=0)
    if is_worker:
        return read_trials(out / PROJECT, objective)
    return finish(space, out, objective)


def finish(space: SearchSpace, out: Path, objective: str) -> list[CompletedTrial]:
    """Writes the winner's configuration, the table and the figure from the search's files.

    Raises:
        InputError: if no trial was completed.
    """
    found = read_trials(out / PROJECT, objective)
    if not found:
        raise InputError(f"no trial in {out / PROJECT} was completed; see its trial.json files")
    hp = keras_tuner.HyperParameters()
    hp.values = dict(found[0].values)
    # All steps again, also where Hyperband had shortened the winning trial.
    best = space.configure(hp).replace(preset="tuned")
    with replacing(out / "best.json") as path:
        path.write_text(best.to_json())
    table = summary_table(found)
    with replacing(out / "summary.md") as path:
        path.write_text(table + "\n")
    with replacing(out / "trials.json") as path:
        path.write_text(json.dumps([vars(trial) for trial in found], indent=2) + "\n")
    draw_summary(found, objective, out / "summary.png")
    print(table)
    say(f"best: {out / 'best.json'}; train it with: python -m kmu.train --config {out}/best.json")
    return found


def _claim(out: Path, space: SearchSpace, tuner: str, objective: str, seed: int) -> None:
    """Notes what is searched in ``out``, or checks that the search there is the same."""
    content = {
        "base": space.base.to_dict(),
        "parts": list(space.parts),
        "tuner": tuner,
        "objective": objective,
        "seed": seed,
    }
    path = out / "search.json"
    if path.exists():
        if json.loads(path.read_text()) != content:
            raise InputError(f"{out} holds another search; choose another folder with --out")
        return
    if (out / PROJECT).exists():
        shutil.rmtree(out / PROJECT)  # killed before it was noted: nothing in it yet
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(content, indent=2) + "\n")
