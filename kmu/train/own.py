"""What a user trains on besides the data set's families: an own scanner, own recordings.

Both are brought to the grid of the network that learns from them, as recordings are in use.
"""

import hashlib
import json
import os
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from keras import ops

from kmu.config import DataConfig, GridConfig, SimulationConfig
from kmu.datasets.motor_unit_ultrasound import motor_unit_ultrasound_dataset_builder as module
from kmu.errors import InputError
from kmu.evaluation.families import pairs_with_truth, recordings_without_truth
from kmu.models.grid import grid_matrices, resample_space, resample_time
from kmu.motor_units import MotorUnits
from kmu.progress import say
from kmu.reading.opening import read
from kmu.recording import Recording
from kmu.simulation.batch import packed

# Of the features of an example, those that training uses.
LEARNT_FROM = ("velocity", "territory", "twitch_train", "firings", "frame_rate")


def own_builder(
    simulation: SimulationConfig,
    counts: Sequence[int],
    grid: GridConfig,
    data_dir: str | os.PathLike[str] | None,
) -> Any:
    """The builder of a user's own family; its data set is named after all that decides it.

    Training recordings are stored on the grid; those of validation and test as the scanner makes
    them, because thresholds and figures are to be those of its recordings.

    Args:
        simulation: the family.
        counts: recordings for training, validation and test.
        grid: of the network that learns from them.
        data_dir: where data sets are kept.
    """
    decides = [simulation.to_dict(), list(counts), grid.spacing, grid.frame_rate, grid.multiple]
    stamp = hashlib.sha256(json.dumps(decides, sort_keys=True).encode()).hexdigest()[:8]
    train, validation, test = counts
    config = module.MotorUnitUltrasoundConfig(
        name=f"own-{stamp}",
        description=f"{simulation.family}: a family of the user's own.",
        train=train,
        validation=validation,
        test=test,
        own=simulation,
        prepare=partial(on_grid, grid=grid),
    )
    return module.Builder(config=config, data_dir=data_dir)


def on_grid(example: dict[str, Any], grid: GridConfig) -> dict[str, Any]:
    """An example (see :func:`kmu.simulation.batch.packed`) on the grid of a network.

    Velocity and territories are resampled as the network does it with what it is given, trains
    in time; the features keep their types.
    """
    frames, depth, width = example["velocity"].shape
    ratio = float(example["frame_rate"]) / grid.frame_rate
    count = max(round(frames / ratio), 1)
    matrices = grid_matrices(grid, (depth, width), ops.convert_to_tensor(example["spacing"]))

    def in_time(courses: Any) -> Any:
        return resample_time(ops.convert_to_tensor(courses[None], "float32"), ratio, count)[0]

    flat = in_time(example["velocity"].reshape(frames, depth * width).astype(np.float32))
    velocity = resample_space(ops.reshape(flat, (count, depth, width)), *matrices)
    territory = resample_space(
        ops.convert_to_tensor(example["territory"].astype(np.float32)), *matrices
    )
    return {
        **example,
        "velocity": ops.convert_to_numpy(velocity).astype(np.float16),
        "territory": np.round(np.clip(ops.convert_to_numpy(territory), 0, 255)).astype(np.uint8),
        "twitch_train": ops.convert_to_numpy(in_time(example["twitch_train"].T)).T,
        "frame_rate": np.float32(grid.frame_rate),
        "spacing": np.full(2, grid.spacing, np.float32),
    }


def own_recordings(folder: Path) -> list[tuple[Recording, MotorUnits]]:
    """The recordings of a folder with their truth: NAME.h5 and NAME.truth.h5.

    ``kmu simulate --truth`` writes such pairs; the truth may also be a curated result, renamed.

    Raises:
        InputError: if the folder or a truth is missing, or one does not fit its recording.
    """
    if not folder.is_dir():
        raise InputError(f"{folder} is no folder of recordings")
    missing = recordings_without_truth(folder)
    if missing:
        more = f" (and {len(missing) - 1} more)" if len(missing) > 1 else ""
        raise InputError(
            f"{missing[0]} has no truth beside it, {missing[0].stem}.truth.h5{more}: training "
            "needs the true motor units of every recording of the folder"
        )
    pairs = []
    for path, truth_path in pairs_with_truth(folder):
        recording, truth = read(path), MotorUnits.load(truth_path)
        frames, *image = recording.velocity.shape
        if (truth.twitch_train.shape[1], *truth.territory.shape[1:]) != (frames, *image):
            raise InputError(
                f"{truth_path} is not the truth of {path.name}: its trains have "
                f"{truth.twitch_train.shape[1]} frames and its territories "
                f"{truth.territory.shape[1]} x {truth.territory.shape[2]} pixels, the recording "
                f"{frames} and {image[0]} x {image[1]}"
            )
        pairs.append((recording, truth))
    if not pairs:
        raise InputError(f"{folder} holds no recordings with truth: NAME.h5 and NAME.truth.h5")
    return pairs


def own_examples(config: DataConfig, grid: GridConfig) -> tf.data.Dataset | None:
    """The user's own recordings as :func:`kmu.train.data.batches` mixes them in, if there are any.

    Raises:
        InputError: as :func:`own_recordings`.
    """
    if not config.recordings:
        return None
    pairs = own_recordings(Path(config.recordings))
    say(f"{len(pairs)} own recordings make {config.recordings_share:.0%} of what is learnt from")
    return as_dataset(pairs, grid)


def as_dataset(pairs: Iterable[tuple[Recording, MotorUnits]], grid: GridConfig) -> tf.data.Dataset:
    """Recordings with their truth as a data set of the features ``LEARNT_FROM``, kept in memory.

    Args:
        pairs: on any grid, at any rate.
        grid: of the network that will learn from them.
    """
    examples = [on_grid(packed(*pair), grid) for pair in pairs]

    def features() -> Iterable[dict[str, Any]]:
        for one in examples:
            times = tf.ragged.constant(
                [unit["times"] for unit in one["firings"]], tf.float64, ragged_rank=1,
                row_splits_dtype=tf.int64,
            )  # fmt: skip
            yield {**{name: one[name] for name in LEARNT_FROM}, "firings": {"times": times}}

    return tf.data.Dataset.from_generator(
        features,
        output_signature={
            "velocity": tf.TensorSpec((None, None, None), tf.float16),
            "territory": tf.TensorSpec((None, None, None), tf.uint8),
            "twitch_train": tf.TensorSpec((None, None), tf.float32),
            "firings": {"times": tf.RaggedTensorSpec((None, None), tf.float64, 1, tf.int64)},
            "frame_rate": tf.TensorSpec((), tf.float32),
        },
    )
