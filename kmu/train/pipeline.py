"""The whole training run: data, phases, thresholds, export, evaluation, one table."""

import json
import time
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from kmu.config import TrainingConfig
from kmu.errors import InputError
from kmu.evaluation.reliability import write_reliability
from kmu.files import replacing
from kmu.identification.finding import find_model
from kmu.models import Identifier
from kmu.models.export import count_weights, export_identifier, load_identifier
from kmu.models.plain_graph import write_plain
from kmu.progress import say
from kmu.train.card import model_card
from kmu.train.checkpoint import checkpoint_position
from kmu.train.data import batches, off_grid, open_dataset, training_examples
from kmu.train.devices import computing_in, data_parallel
from kmu.train.fit import fit
from kmu.train.looking import validation_units
from kmu.train.objectives import SegmentationObjective, SignalObjective
from kmu.train.own import own_examples
from kmu.train.table import results_table
from kmu.train.testing import Metrics, tested
from kmu.train.thresholds import (
    calibrate,
    calibrate_firings,
    choose_firing_threshold,
    choose_score_threshold,
)
from kmu.train.watching import Watch, watched_batch


def train(
    config: TrainingConfig, out: Path, data_dir: Path | None = None, deterministic: bool = False
) -> Metrics:
    """Runs a training from start to end, or from where an interrupted one stands.

    A run that is trained to its end is calibrated, exported and evaluated anew.

    Args:
        config: the run.
        out: folder for everything it makes: ``config.json``, ``checkpoint.npz``, ``logs``
            (TensorBoard), ``saved_model/1``, ``metrics.json``, ``reliability.json``.
        data_dir: where data sets are kept; TFDS's default if None.
        deterministic: only operations that give the same bits every time.

    Returns:
        What ``metrics.json`` holds: scores with their 95 % intervals, by family and method; empty
        with another backend than TensorFlow, which trains and leaves the rest to TensorFlow.

    Raises:
        InputError: if ``out`` holds a run of another configuration.
    """
    started = time.monotonic()
    claim(out, config)
    if deterministic:
        tf.config.experimental.enable_op_determinism()
    mixed_in = own_examples(config.data, config.network.grid)
    builder = open_dataset(config.data, config.network.grid, data_dir)
    identifier = train_networks(config, out, builder, mixed_in)
    if keras.backend.backend() != "tensorflow":
        # Graphs for recordings of any size, and SavedModels, are TensorFlow's.
        say("trained; the same command with KERAS_BACKEND=tensorflow calibrates, tests and exports")
        return {}
    thresholds = calibrated(identifier, builder, config.data.test_count)
    folder = out / "saved_model" / "1"
    # The card follows when the test figures are there: they are taken from the SavedModel.
    export_identifier(identifier, folder, thresholds, "")
    write_plain(folder)
    metrics, curves = tested(config, folder, data_dir)
    write_reliability(curves, out / "reliability.json", folder / "reliability.png")
    card = model_card(config, metrics, curves, thresholds, count_weights(identifier))
    with replacing(folder / "card.md") as path:
        path.write_text(card)
    with replacing(folder / "training.json") as path:
        path.write_text(config.to_json())
    with replacing(out / "metrics.json") as path:
        path.write_text(json.dumps(metrics, indent=2) + "\n")
    print(results_table(metrics))
    say(f"{folder} is the trained model; {time.monotonic() - started:.0f} s in all")
    return metrics


def train_networks(
    config: TrainingConfig, out: Path, builder: Any, mixed_in: tf.data.Dataset | None = None
) -> Identifier:
    """All phases on all GPUs there are; goes on from the checkpoint in ``out`` if there is one.

    Args:
        config: the run.
        out: folder of the run.
        builder: an opened data set.
        mixed_in: of :func:`kmu.train.own.own_examples`.
    """
    if told := off_grid(builder, config.network.grid):
        say(told)
    # Here and not earlier: building a data set draws random numbers too.
    keras.utils.set_random_seed(config.seed)
    with data_parallel(config.data.batch_size).scope(), computing_in(config.precision):
        identifier = Identifier(config.network)
        identifier.build()
        begun_with = trained_weights(config) if config.start else []
        if begun_with:
            identifier.set_weights(begun_with)
        phases = config.phases()
        position = checkpoint_position(out / "checkpoint.npz")
        reached, done = (phases.index(position[0]), position[1]) if position else (0, 0)
        # Without a phase a model that a run starts with is calibrated anew, nothing else.
        for number in range(reached, len(phases)):
            if phases[number] == "together":
                identifier = identifier.with_signal(**config.signal_in_use())
            # The checkpoint of a later phase holds the weights of the earlier ones too.
            start = done if number == reached else 0
            _train_phase(identifier, config, number, start, out, builder, mixed_in)
    share = config.start_share
    if begun_with and share:
        pairs = zip(begun_with, identifier.get_weights(), strict=True)
        identifier.set_weights([share * before + (1 - share) * now for before, now in pairs])
    # Outside: what is used and exported computes in float32, on any processor.
    return identifier.with_signal(**config.signal_in_use())


def trained_weights(config: TrainingConfig) -> list[NDArray[np.float32]]:
    """The weights of the model that a run goes on from.

    Raises:
        InputError: if there is no such model, or its network is not the run's.
    """
    weights = load_identifier(find_model(config.start)).get_weights()
    wanted = Identifier(config.network)
    wanted.build()
    shapes = [tuple(one.shape) for one in wanted.weights]
    weights = [_widened(one, shape) for one, shape in zip(weights, shapes, strict=False)]
    if shapes != [one.shape for one in weights]:
        raise InputError(
            f"{config.start} has another network than preset {config.preset!r}; "
            "choose the preset that it was trained with"
        )
    return weights


def _widened(kernel: NDArray[np.float32], shape: tuple[int, ...]) -> NDArray[np.float32]:
    """A kernel of a 1D convolution that sees more courses: with zeros it begins as before."""
    more = shape[1] - kernel.shape[1] if len(shape) == kernel.ndim == 3 else 0
    return np.pad(kernel, ((0, 0), (0, max(more, 0)), (0, 0))) if more > 0 else kernel


def _train_phase(
    identifier: Identifier,
    config: TrainingConfig,
    number: int,
    start: int,
    out: Path,
    builder: Any,
    mixed_in: tf.data.Dataset | None,
) -> None:
    name = config.phases()[number]
    phase = config.phase(name)
    slots = (config.network.segmenter.slots, config.network.segmenter.shared_radius)
    objective: keras.Model = (
        SegmentationObjective(identifier)
        if name == "segmentation"
        else SignalObjective(identifier, config.candidates)
    )
    chosen = config.phase_data(name)
    raw = training_examples(builder, chosen)
    data = batches(raw, chosen, slots, config.seed + number, start, phase.steps, mixed_in)
    watch = None
    if config.watched:
        shown = watched_batch(builder, config.data, config.network.grid, slots, config.watched)
        watch = Watch(shown, out / "logs" / name)
    every = config.checkpoint_steps
    fit(objective, phase, data, name=name, start=start, every=every, out=out, watch=watch)


def claim(out: Path, config: TrainingConfig) -> None:
    """Writes the configuration to ``out``, or checks that the run there has the same one.

    Raises:
        InputError: if it has another one.
    """
    path = out / "config.json"
    # A field that is newer than the run has its default there.
    if path.exists() and TrainingConfig.from_json(path) != config:
        raise InputError(
            f"{out} holds a run with another configuration; choose another folder with --out"
        )
    with replacing(path) as temporary:
        temporary.write_text(config.to_json())


def calibrated(identifier: Identifier, builder: Any, count: int) -> dict[str, float]:
    """Calibrates scores and firings on validation recordings, and chooses both thresholds there.

    Args:
        identifier: trained; its scales and offsets are set.
        builder: an opened data set.
        count: how many recordings; 0 for all.
    """
    identifier.score_scale, identifier.score_offset = 1.0, 0.0
    identifier.firing_scale, identifier.firing_offset = 1.0, 0.0
    pairs, probabilities = validation_units(identifier, builder, count)
    pairs = calibrate(identifier, pairs)
    score = choose_score_threshold(pairs)
    probabilities = calibrate_firings(identifier, pairs, probabilities)
    return {"score": score, "firing": choose_firing_threshold(pairs, probabilities)}
