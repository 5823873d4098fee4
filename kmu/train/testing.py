"""How well a trained model does on test recordings, beside independent component analysis."""

import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from kmu.baselines import spatial_ica
from kmu.config import TrainingConfig
from kmu.config.benchmark import BenchmarkConfig, TuningConfig
from kmu.evaluation.calibration import labelled_scores
from kmu.evaluation.intervals import bootstrap_intervals
from kmu.evaluation.reliability import LOWEST, reliability_summary
from kmu.evaluation.scores import RecordingScores, score_recording, summarise
from kmu.evaluation.tune import tune_kurtosis
from kmu.identification.cutting import would_be_given
from kmu.identification.pipeline import identify
from kmu.identification.served_model import load_model
from kmu.motor_units import MotorUnits
from kmu.progress import Progress
from kmu.recording import Recording
from kmu.simulation import simulate
from kmu.train.data import open_dataset, recordings, split_size

Metrics = dict[str, dict[str, dict[str, Any]]]


def tested(
    config: TrainingConfig, folder: Path, data_dir: Path | None
) -> tuple[Metrics, dict[str, dict[str, Any]]]:
    """Test figures of the exported model and of ICA, both tuned on validation recordings.

    Args:
        config: the run.
        folder: the SavedModel.
        data_dir: where data sets are kept; TFDS's default if None.

    Returns:
        Scores with intervals by family and method; reliability of the model's scores by family.
    """
    served = load_model(folder)
    least = served.thresholds["score"]
    count = config.data.test_count
    metrics: Metrics = {}
    curves = {}
    for family in config.test_families or (config.data.family,):
        seen, there = _test_recordings(config, family, data_dir)
        settings = tune_kurtosis(seen("validation", min(count or 30, 30)))
        methods: dict[str, Callable[[Recording], MotorUnits]] = {
            # With the doubtful ones, from which the reliability of the scores is seen.
            "kmu": partial(identify, model=served, score_threshold=min(LOWEST, least)),
            "spatial_ica": partial(spatial_ica, settings=settings),
        }
        total = min(count, there) or there
        scores: dict[str, list[Any]] = {name: [] for name in methods}
        labelled, given = [], []
        with Progress(f"testing on {family}", total, "recordings") as progress:
            for recording, true in seen("test", total):
                for name, method in methods.items():
                    before = time.perf_counter()
                    found = method(recording)
                    seconds = time.perf_counter() - before
                    if name == "kmu":
                        labelled.append(labelled_scores([(found, true)]))
                        given.append(would_be_given(found, least))
                        found = found.select(given[-1])
                    scores[name].append(score_recording(found, true, seconds))
                progress.advance()
        metrics[family] = {name: figures_of(values) for name, values in scores.items()}
        score, correct = (np.concatenate(part) for part in zip(*labelled, strict=True))
        curves[family] = reliability_summary(score, correct, np.concatenate(given))
    return metrics, curves


def figures_of(scores: Sequence[RecordingScores]) -> dict[str, Any]:
    """Scores of a method with their intervals, and how late its firings are; None if unknown.

    Args:
        scores: one a recording.
    """
    everything = summarise(scores, detailed=True)
    chosen = [*summarise(scores), "rate_of_agreement_lag_0", "lag_ms"]
    figures = {name: everything[name] for name in chosen}
    known = {name: value if np.isfinite(value) else None for name, value in figures.items()}
    return {**known, "intervals": bootstrap_intervals(scores)}


def _test_recordings(
    config: TrainingConfig, family: str, data_dir: Path | None
) -> tuple[Callable[[str, int], Iterator[tuple[Recording, MotorUnits]]], int]:
    """The first so many recordings of a split, from the data set or simulated as they are needed.

    The number is that of the test split.

    A family that is not trained on has no data set built for it: its training recordings would
    take far longer to make than the few that are looked at.
    """
    if family == config.data.family:
        builder = open_dataset(config.data, config.network.grid, data_dir)
        return partial(recordings, builder), builder.info.splits["test"].num_examples
    first = {"validation": TuningConfig().first_seed, "test": BenchmarkConfig().first_seed}

    def simulated(split: str, count: int) -> Iterator[tuple[Recording, MotorUnits]]:
        return (simulate(family, seed=first[split] + index) for index in range(count))

    return simulated, split_size(family, "test")
