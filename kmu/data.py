"""From the TFDS data set to batches that the objectives train on, and recordings to test on.

The pipeline is a function of the seed and the step alone: started at any step it goes on as if
it had never stopped, which is what makes resuming exact.
"""

import os
from collections.abc import Iterator
from typing import Any

import absl.logging
import numpy as np
import tensorflow as tf
import tensorflow_datasets as tfds

import kmu.datasets  # noqa: F401  (registers the data set)
from kmu.config import DataConfig
from kmu.errors import InputError
from kmu.motor_units import MotorUnits
from kmu.recording import Recording

Tensor = Any
# Width of the bump that marks a firing, s: half the tolerance that firings are scored with.
FIRING_SIGMA = 0.010
# Of a unit cut by a smaller field of view, this share must still be seen for it to count.
_SEEN = 0.5


def open_dataset(family: str, data_dir: str | os.PathLike[str] | None = None) -> Any:
    """The builder of a family's data set, prepared (built first if it is missing).

    Raises:
        InputError: if there is no such family.
    """
    try:
        builder = tfds.builder(f"motor_unit_ultrasound/{family}", data_dir=data_dir)
    except ValueError as error:
        raise InputError(f"there is no data set family {family!r}: {error}") from error
    # The builder shows its own progress, with the time left; TFDS's bars and its note on a name
    # that it uses itself would only hide it.
    tfds.disable_progress_bar()
    absl.logging.set_verbosity(absl.logging.ERROR)
    builder.download_and_prepare()
    return builder


def split_size(family: str, split: str) -> int:
    """Recordings of a split, whether the data set is built or not."""
    return len(tfds.builder(f"motor_unit_ultrasound/{family}").builder_config.seeds(split))


def batches(
    builder: Any, config: DataConfig, slots: tuple[int, float], seed: int, start: int, steps: int
) -> tf.data.Dataset:
    """Training batches ``start`` to ``steps``.

    Args:
        builder: an opened data set.
        config: batch size and augmentation.
        slots: (number of slots, radius in pixels within which units take different ones).
        seed: of order and augmentation.
        start: the step to begin with.
        steps: the step to end before.

    Returns:
        Dictionaries: ``velocity`` (B, T, Z, X) float32 mm/s; ``territory`` (B, M, Z, X) float32;
        ``twitch_train`` and ``firing`` (B, M, T) float32; ``cell`` and ``mask_cell`` (B, M, 2)
        int32, row and column of the centre and of a pixel beside it; ``slot`` (B, M) int32;
        ``present`` (B, M) float32. M is the largest count in the batch; shorter or smaller
        recordings are filled up with zeros.
    """
    size = config.batch_size
    raw = builder.as_dataset(
        split=_first(builder, "train", config.train_count),
        shuffle_files=False,
        read_config=tfds.ReadConfig(interleave_cycle_length=1),
    )
    order = raw.repeat().shuffle(config.shuffle_buffer, seed=seed)
    stream = order
    if config.superpose_probability:
        other = raw.repeat().shuffle(config.shuffle_buffer, seed=seed + 1000)
        stream = tf.data.Dataset.zip(order, other)
    numbered = stream.take(steps * size).enumerate().skip(start * size)

    def prepare(index: Tensor, drawn: Any) -> dict[str, Tensor]:
        # Equal for all recordings of a batch: the size of the field of view.
        common = tf.stack([tf.cast(seed, tf.int64), index // size])
        own = tf.stack([tf.cast(seed, tf.int64) + 1, index])
        if not config.superpose_probability:
            return training_example(dense_example(drawn), config, slots, common, own)
        use = tf.random.stateless_uniform([], _fold(own, 8)) < config.superpose_probability
        first, second = (dense_example(part) for part in drawn)
        both = superpose(first, second, use, _fold(own, 9))
        return training_example(both, config, slots, common, own)

    mapped = numbered.map(prepare, num_parallel_calls=2, deterministic=True)
    shapes = {
        "velocity": [None, None, None],
        "territory": [None, None, None],
        "twitch_train": [None, None],
        "firing": [None, None],
        "cell": [None, 2],
        "mask_cell": [None, 2],
        "slot": [None],
        "present": [None],
    }
    return mapped.padded_batch(size, padded_shapes=shapes, drop_remainder=True).prefetch(4)


def training_example(
    example: dict[str, Tensor],
    config: DataConfig,
    slots: tuple[int, float],
    common: Tensor,
    own: Tensor,
) -> dict[str, Tensor]:
    """One example of the data set, augmented, with its targets.

    Args:
        example: as :func:`dense_example` gives it, on the model grid.
        config: augmentation.
        slots: see :func:`batches`.
        common: (2,) seed shared by the batch.
        own: (2,) seed of this example.
    """
    velocity, territory = example["velocity"], example["territory"]
    train, times = example["twitch_train"], example["times"]
    # Time: a clip at random.
    fewest, most = config.clip_frames
    wanted = fewest + _below(tf.constant(most - fewest + 1), _fold(common, 14))
    clip = tf.minimum(tf.shape(velocity)[0], wanted)
    first = _below(tf.shape(velocity)[0] - clip + 1, _fold(own, 1))
    velocity = velocity[first : first + clip]
    train = train[:, first : first + clip]
    frames = tf.cast(first + tf.range(clip), tf.float32)
    distance = (frames / example["frame_rate"])[None, :, None] - times[:, None, :]
    bump = tf.exp(-tf.square(distance) / (2 * FIRING_SIGMA**2))
    bump = tf.where(times[:, None, :] >= 0, bump, 0.0)
    firing = tf.reduce_max(tf.concat([bump, tf.zeros_like(bump[:, :, :1])], axis=2), axis=2)
    # Space: a smaller field of view for some batches, mirrored or not.
    rows, columns = _field_of_view(tf.shape(velocity)[1:], config, common)
    top = _below(tf.shape(velocity)[1] - rows + 1, _fold(own, 2))
    left = _below(tf.shape(velocity)[2] - columns + 1, _fold(own, 3))
    whole = tf.reduce_sum(tf.cast(territory >= 0.5, tf.float32), axis=(1, 2))
    velocity = velocity[:, top : top + rows, left : left + columns]
    territory = territory[:, top : top + rows, left : left + columns]
    mirror = tf.random.stateless_uniform([2], _fold(own, 4)) < 0.5
    velocity = _mirrored(_mirrored(velocity, mirror[0], 1), mirror[1], 2)
    territory = _mirrored(_mirrored(territory, mirror[0], 1), mirror[1], 2)
    # Noise: in every second recording, up to the stated share of its own power.
    share = config.noise * tf.random.stateless_uniform([], _fold(own, 5), -1.0, 1.0)
    velocity = tf.cond(share > 0, lambda: _noisy(velocity, share, _fold(own, 6)), lambda: velocity)
    # Units: strongest first, those out of sight or silent dropped.
    mask = tf.cast(territory >= 0.5, tf.float32)
    area = tf.reduce_sum(mask, axis=(1, 2))
    heard = tf.reduce_max(firing, axis=1) > 0.5
    counted = tf.where((area >= _SEEN * whole) & (area >= 4) & heard)[:, 0]
    energy = tf.gather(area * tf.reduce_mean(tf.square(train), axis=1), counted)
    counted = tf.gather(counted, tf.argsort(energy, direction="DESCENDING"))
    mask = tf.gather(mask, counted)
    row = tf.reduce_sum(mask * tf.cast(tf.range(rows), tf.float32)[:, None], axis=(1, 2))
    column = tf.reduce_sum(mask * tf.cast(tf.range(columns), tf.float32), axis=(1, 2))
    centre = tf.stack([row, column], axis=1) / tf.reduce_sum(mask, axis=(1, 2))[:, None]
    # Masks are also asked for one pixel beside the true centre: predicted peaks lie there too.
    jitter = tf.random.stateless_uniform(tf.shape(centre), _fold(own, 7), -1, 2, tf.int32)
    limits = tf.stack([rows, columns]) - 1
    pixel = tf.cast(tf.round(centre), tf.int32)
    beside = tf.clip_by_value(pixel + jitter, 0, limits)
    fill = [[0, 0], [0, -rows % 8], [0, -columns % 8]]
    return {
        "velocity": tf.pad(velocity, fill),
        "territory": tf.pad(tf.gather(territory, counted), fill),
        "twitch_train": tf.gather(train, counted),
        "firing": tf.gather(firing, counted),
        "cell": pixel,
        "mask_cell": beside,
        "slot": assign_slots(centre, *slots),
        "present": tf.ones(tf.shape(counted), tf.float32),
    }


def dense_example(example: dict[str, Any]) -> dict[str, Tensor]:
    """An example of the data set as float32 tensors.

    Returns:
        ``velocity`` (T, Z, X), ``territory`` (K, Z, X), ``twitch_train`` (K, T), ``times`` (K, F)
        firing times in s, -1 where a unit has fewer, and ``frame_rate``.
    """
    times = example["firings"]["times"]
    times = times.to_tensor(-1.0) if isinstance(times, tf.RaggedTensor) else times
    return {
        "velocity": tf.cast(example["velocity"], tf.float32),
        "territory": tf.cast(example["territory"], tf.float32) / 255.0,
        "twitch_train": tf.cast(example["twitch_train"], tf.float32),
        "times": tf.cast(times, tf.float32),
        "frame_rate": tf.cast(example["frame_rate"], tf.float32),
    }


def superpose(
    first: dict[str, Tensor], second: dict[str, Tensor], use: Tensor, seed: Tensor
) -> dict[str, Tensor]:
    """Two recordings at once: velocities add up, and both have their units.

    Args:
        first: as :func:`dense_example` gives it.
        second: likewise; added with a random gain of 0.5 to 1.5.
        use: whether to do it; it is not done where the shapes differ.
        seed: of the gain.
    """
    alike = tf.reduce_all(tf.shape(first["velocity"]) == tf.shape(second["velocity"]))

    def both() -> dict[str, Tensor]:
        gain = tf.random.stateless_uniform([], seed, 0.5, 1.5)
        count = tf.maximum(tf.shape(first["times"])[1], tf.shape(second["times"])[1])
        times = [
            tf.pad(
                part["times"], [[0, 0], [0, count - tf.shape(part["times"])[1]]], constant_values=-1
            )
            for part in (first, second)
        ]
        return {
            "velocity": first["velocity"] + gain * second["velocity"],
            "territory": tf.concat([first["territory"], second["territory"]], 0),
            "twitch_train": tf.concat([first["twitch_train"], gain * second["twitch_train"]], 0),
            "times": tf.concat(times, 0),
            "frame_rate": first["frame_rate"],
        }

    merged: dict[str, Tensor] = tf.cond(tf.logical_and(use, alike), both, lambda: first)
    return merged


def assign_slots(centre: Tensor, slots: int, radius: float) -> Tensor:
    """A slot for each unit, strongest first: the number of stronger ones at the same place.

    Args:
        centre: (M, 2) float32 pixels, strongest unit first.
        slots: number of slots; the last one takes all further units.
        radius: distance in pixels within which centres count as the same place.

    Returns:
        (M,) int32.
    """
    distance = tf.norm(centre[:, None] - centre[None], axis=-1)
    near = tf.linalg.band_part(tf.cast(distance < radius, tf.int32), -1, 0)
    return tf.minimum(tf.reduce_sum(near, axis=1) - 1, slots - 1)


def _fold(seed: Tensor, number: int) -> Tensor:
    """An independent (2,) seed for one use."""
    return tf.random.experimental.stateless_fold_in(seed, number)


def _below(limit: Tensor, seed: Tensor) -> Tensor:
    """A random integer from 0 to below ``limit`` (0 where the limit is less than 2)."""
    return tf.random.stateless_uniform([], seed, 0, tf.maximum(limit, 1), tf.int32)


def _field_of_view(shape: Tensor, config: DataConfig, seed: Tensor) -> tuple[Tensor, Tensor]:
    """Depth and width in pixels, multiples of 8, the same for the whole batch."""
    smaller = tf.random.stateless_uniform([], _fold(seed, 11)) < config.crop_probability
    sides = []
    for axis in (0, 1):
        least = config.smallest_crop // 8
        choice = least + _below(shape[axis] // 8 - least + 1, _fold(seed, 12 + axis))
        sides.append(tf.where(smaller, tf.minimum(choice * 8, shape[axis]), shape[axis]))
    return sides[0], sides[1]


def _mirrored(images: Tensor, flip: Tensor, axis: int) -> Tensor:
    return tf.cond(flip, lambda: tf.reverse(images, [axis]), lambda: images)


def _noisy(velocity: Tensor, share: Tensor, seed: Tensor) -> Tensor:
    power = tf.reduce_mean(tf.square(velocity))
    return velocity + tf.sqrt(power * share) * tf.random.stateless_normal(tf.shape(velocity), seed)


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
