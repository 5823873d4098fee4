"""From the TFDS data set to batches that the objectives train on, and recordings to test on.

The pipeline is a function of the seed and the step alone: started at any step it goes on as if
it had never stopped, which is what makes resuming exact.
"""

import contextlib
import io
import os
from collections.abc import Iterator
from typing import Any

import absl.logging
import numpy as np
import tensorflow as tf
import tensorflow_datasets as tfds

import kmu.datasets  # noqa: F401  (registers the data set)
from kmu.config import DataConfig, GridConfig
from kmu.errors import InputError
from kmu.motor_units import MotorUnits
from kmu.recording import Recording
from kmu.train.examples import dense_example, fold, superpose, training_example
from kmu.train.own import LEARNT_FROM, own_builder

Tensor = Any
# Pixels and frames of the data set's families (one in six of mixed has 0.6 mm).
_SPACING, _FRAME_RATE = 0.625, 100.0


def open_dataset(
    config: DataConfig, grid: GridConfig, data_dir: str | os.PathLike[str] | None = None
) -> Any:
    """The builder of a family's data set, prepared (built first if it is missing).

    Args:
        config: names the family, or holds one of the user's own.
        grid: of the network that will learn from it: training recordings of an own family are
            stored on it.
        data_dir: where data sets are kept; TFDS's default if None.

    Raises:
        InputError: if there is no such family, or its pixels are not those of the grid.
    """
    # The builder shows its own progress, with the time left; TFDS's bars and its notes on names
    # and configurations of our own would only hide it.
    tfds.disable_progress_bar()
    absl.logging.set_verbosity(absl.logging.ERROR)
    if config.own is not None:
        builder = own_builder(config.own, config.own_counts, grid, data_dir)
    else:
        try:
            builder = tfds.builder(f"motor_unit_ultrasound/{config.family}", data_dir=data_dir)
        except ValueError as error:
            raise InputError(f"there is no data set family {config.family!r}: {error}") from error
        if abs(grid.spacing / _SPACING - 1) > 0.1 or grid.frame_rate != _FRAME_RATE:
            raise InputError(
                f"the network's grid has {grid.spacing:g} mm at {grid.frame_rate:g} Hz, the data "
                f"set's families {_SPACING} mm at {_FRAME_RATE:g} Hz: an own family "
                "(--family FILE.json) is brought to any grid"
            )
    # It says on standard output that it downloads, which it does not.
    with contextlib.redirect_stdout(io.StringIO()):
        builder.download_and_prepare()
    return builder


def off_grid(builder: Any, grid: GridConfig) -> str:
    """A sentence on what training takes for something else; empty if recordings are on the grid.

    Training takes frames and pixels as they are: only whoever uses the network resamples.

    Args:
        builder: an opened data set.
        grid: of the network that is trained.
    """
    family = builder.builder_config
    if family.prepare is not None:  # they are stored on the grid
        return ""
    # As many seeds as families that it may hold in turn.
    kinds = [family.family(seed) for seed in range(max(len(family.parts), 1))]
    other = {
        f"{kind.spacing[0]:g} x {kind.spacing[1]:g} mm at {kind.frame_rate:g} Hz": None
        for kind in kinds
        if kind.spacing != (grid.spacing, grid.spacing) or kind.frame_rate != grid.frame_rate
    }
    if not other:
        return ""
    return (
        f"recordings of {family.name} have pixels of {' and '.join(other)}; the network learns "
        f"them as its own {grid.spacing:g} mm at {grid.frame_rate:g} Hz, so that units look larger "
        "or smaller than they are"
    )


def split_size(family: str, split: str) -> int:
    """Recordings of a split of a family of the data set, whether it is built or not."""
    return len(tfds.builder(f"motor_unit_ultrasound/{family}").builder_config.seeds(split))


def training_examples(builder: Any, config: DataConfig) -> tf.data.Dataset:
    """The recordings to learn from, in a fixed order, for :func:`batches`.

    Args:
        builder: an opened data set.
        config: how many.
    """
    return builder.as_dataset(
        split=_first(builder, "train", config.train_count),
        shuffle_files=False,
        read_config=tfds.ReadConfig(interleave_cycle_length=1),
    )


def batches(
    raw: tf.data.Dataset,
    config: DataConfig,
    slots: tuple[int, float],
    seed: int,
    start: int,
    steps: int,
    mixed_in: tf.data.Dataset | None = None,
) -> tf.data.Dataset:
    """Training batches ``start`` to ``steps``.

    Args:
        raw: examples with the features ``LEARNT_FROM``.
        config: batch size and augmentation.
        slots: (number of slots, radius in pixels within which units take different ones).
        seed: of order and augmentation.
        start: the step to begin with.
        steps: the step to end before.
        mixed_in: own recordings (:func:`kmu.train.own.as_dataset`), of which
            ``recordings_share`` of the examples are taken.

    Returns:
        Dictionaries: ``velocity`` (B, T, Z, X) float32 mm/s; ``territory`` (B, M, Z, X) float32;
        ``twitch_train`` and ``firing`` (B, M, T) float32; ``cell`` and ``mask_cell`` (B, M, 2)
        int32, row and column of the centre and of a pixel beside it; ``slot`` (B, M) int32;
        ``present`` (B, M) float32. M is the largest count in the batch, or ``most_units``; shorter
        or smaller recordings are filled up with zeros.
    """
    size = config.batch_size
    stream = in_random_order(raw, config, seed, mixed_in)
    if config.superpose_probability:
        other = in_random_order(raw, config, seed + 1000, mixed_in)
        stream = tf.data.Dataset.zip(stream, other)
    numbered = stream.take(steps * size).enumerate().skip(start * size)

    def prepare(index: Tensor, drawn: Any) -> dict[str, Tensor]:
        # Equal for all recordings of a batch: the size of the field of view.
        common = tf.stack([tf.cast(seed, tf.int64), index // size])
        own = tf.stack([tf.cast(seed, tf.int64) + 1, index])
        if not config.superpose_probability:
            return training_example(dense_example(drawn), config, slots, common, own)
        use = tf.random.stateless_uniform([], fold(own, 8)) < config.superpose_probability
        first, second = (dense_example(part) for part in drawn)
        both = superpose(first, second, use, fold(own, 9))
        return training_example(both, config, slots, common, own)

    mapped = numbered.map(prepare, num_parallel_calls=os.cpu_count(), deterministic=True)
    units = config.most_units or None
    shapes = {
        "velocity": [None, None, None],
        "territory": [units, None, None],
        "twitch_train": [units, None],
        "firing": [units, None],
        "cell": [units, 2],
        "mask_cell": [units, 2],
        "slot": [units],
        "present": [units],
    }
    return mapped.padded_batch(size, padded_shapes=shapes, drop_remainder=True).prefetch(4)


def in_random_order(
    raw: tf.data.Dataset, config: DataConfig, seed: int, mixed_in: tf.data.Dataset | None
) -> tf.data.Dataset:
    """Examples without end, the user's own among them with the share that the configuration says.

    Args:
        raw: examples with the features ``LEARNT_FROM``.
        config: buffer and share.
        seed: of order and choice.
        mixed_in: of :func:`kmu.train.own.as_dataset`, or None.
    """
    raw = raw.map(lambda example: {name: example[name] for name in LEARNT_FROM})
    order = raw.repeat().shuffle(config.shuffle_buffer, seed=seed)
    if mixed_in is None:
        return order
    own = mixed_in.repeat().shuffle(config.shuffle_buffer, seed=seed)
    share = config.recordings_share
    return tf.data.Dataset.sample_from_datasets([order, own], [1 - share, share], seed=seed)


def recordings(builder: Any, split: str, count: int = 0) -> Iterator[tuple[Recording, MotorUnits]]:
    """Recordings with their truth, in a fixed order.

    Args:
        builder: an opened data set.
        split: validation or test.
        count: how many; 0 for all.
    """
    chosen = _first(builder, split, count)
    read = tfds.ReadConfig(interleave_cycle_length=1)
    for example in builder.as_dataset(split=chosen, shuffle_files=False, read_config=read):
        yield recording_of(example)


def _first(builder: Any, split: str, count: int) -> str:
    """The split, or its first ``count`` examples if that is fewer."""
    return f"{split}[:{count}]" if 0 < count < builder.info.splits[split].num_examples else split


def recording_of(example: dict[str, Any]) -> tuple[Recording, MotorUnits]:
    """One example of the data set as the two nouns."""
    times = example["firings"]["times"]
    firings = [np.asarray(row) for row in times] if times.shape[0] else []
    frame_rate = float(example["frame_rate"])
    spacing = (float(example["spacing"][0]), float(example["spacing"][1]))
    recording = Recording(example["velocity"].numpy(), frame_rate, spacing)
    truth = MotorUnits(
        territory=example["territory"].numpy() / np.float32(255),
        twitch_train=example["twitch_train"].numpy(),
        firings=firings,
        score=np.ones(len(firings), np.float32),
        frame_rate=frame_rate,
        spacing=spacing,
    )
    return recording, truth
