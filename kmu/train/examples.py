"""One example of the data set as training sees it: augmented at random, with its targets."""

from functools import partial
from typing import Any

import tensorflow as tf

from kmu.config import DataConfig
from kmu.train.augmentation import (
    at_times,
    fold,
    noisy,
    shaped,
    slipped,
    smoothed,
    unevenly_seen,
)
from kmu.train.negatives import without_twitches

Tensor = Any
# Width of the bump that marks a firing, s: half the tolerance that firings are scored with.
FIRING_SIGMA = 0.010
# Of a unit cut by a smaller field of view, this share must still be seen for it to count.
_SEEN = 0.5


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
    # What of it is seen. Time: a clip at random.
    wanted, filled = _view(tf.shape(velocity), config, common)
    clip, rows, columns = tf.unstack(tf.minimum(tf.shape(velocity), wanted))
    first = _below(tf.shape(velocity)[0] - clip + 1, fold(own, 1))
    velocity = velocity[first : first + clip]
    train = train[:, first : first + clip]
    frames = tf.cast(first + tf.range(clip), tf.float32)
    distance = (frames / example["frame_rate"])[None, :, None] - times[:, None, :]
    bump = tf.exp(-tf.square(distance) / (2 * FIRING_SIGMA**2))
    bump = tf.where(times[:, None, :] >= 0, bump, 0.0)
    firing = tf.reduce_max(tf.concat([bump, tf.zeros_like(bump[:, :, :1])], axis=2), axis=2)
    # Space: a smaller field of view for some batches, mirrored or not.
    top = _below(tf.shape(velocity)[1] - rows + 1, fold(own, 2))
    left = _below(tf.shape(velocity)[2] - columns + 1, fold(own, 3))
    whole = tf.reduce_sum(tf.cast(territory >= 0.5, tf.float32), axis=(1, 2))
    velocity = velocity[:, top : top + rows, left : left + columns]
    territory = territory[:, top : top + rows, left : left + columns]
    mirror = tf.random.stateless_uniform([2], fold(own, 4)) < 0.5
    velocity = _mirrored(_mirrored(velocity, mirror[0], 1), mirror[1], 2)
    territory = _mirrored(_mirrored(territory, mirror[0], 1), mirror[1], 2)
    # What moves: twitches of other shapes, a gain of its own for each place, a probe that slips.
    velocity, train = at_times(
        config.shaping,
        fold(own, 21),
        lambda: shaped(velocity, train, fold(own, 22)),
        (velocity, train),
    )
    for share, most, change, use in (
        (0.5, config.uneven_gain, unevenly_seen, 23),
        (0.1, config.slip, slipped, 25),
    ):
        velocity = at_times(
            share * (most > 0),
            fold(own, use),
            partial(change, velocity, most, fold(own, use + 1)),
            velocity,
        )
    # Noise: in every second recording, up to the stated share of its own power.
    share = config.noise * tf.random.stateless_uniform([], fold(own, 5), -1.0, 1.0)
    velocity = tf.cond(share > 0, lambda: noisy(velocity, share, fold(own, 6)), lambda: velocity)
    # Noise that is not white: more often little of it than much.
    if config.blurred_noise:
        share = config.blurred_noise * tf.random.stateless_uniform([], fold(own, 16)) ** 3
        velocity = at_times(
            config.blurred_share,
            fold(own, 27),
            lambda: noisy(velocity, share, fold(own, 17), blurred=True),
            velocity,
        )
    # Averaging: along every axis in every second recording, in time that of the truth as well.
    if config.smoothing:
        beside = config.smoothing * tf.random.stateless_uniform([3], fold(own, 15), -1.0, 1.0)
        for axis in range(3):
            velocity = smoothed(velocity, beside[axis], axis)
        train = smoothed(train, beside[0], 1)
    # Sometimes a recording in which the same places move, and nothing twitches.
    if config.no_twitch:
        bare = tf.random.stateless_uniform([], fold(own, 19)) < config.no_twitch
        velocity = tf.cond(
            bare, lambda: without_twitches(velocity, fold(own, 20)), lambda: velocity
        )
        firing = tf.where(bare, tf.zeros_like(firing), firing)
    # Units: strongest first, those out of sight or silent dropped.
    mask = tf.cast(territory >= 0.5, tf.float32)
    area = tf.reduce_sum(mask, axis=(1, 2))
    heard = tf.reduce_max(firing, axis=1) > 0.5
    counted = tf.where((area >= _SEEN * whole) & (area >= 4) & heard)[:, 0]
    energy = tf.gather(area * tf.reduce_mean(tf.square(train), axis=1), counted)
    counted = tf.gather(counted, tf.argsort(energy, direction="DESCENDING"))
    counted = counted[: config.most_units or None]
    mask = tf.gather(mask, counted)
    row = tf.reduce_sum(mask * tf.cast(tf.range(rows), tf.float32)[:, None], axis=(1, 2))
    column = tf.reduce_sum(mask * tf.cast(tf.range(columns), tf.float32), axis=(1, 2))
    centre = tf.stack([row, column], axis=1) / tf.reduce_sum(mask, axis=(1, 2))[:, None]
    # Masks are also asked for one pixel beside the true centre: predicted peaks lie there too.
    jitter = tf.random.stateless_uniform(tf.shape(centre), fold(own, 7), -1, 2, tf.int32)
    limits = tf.stack([rows, columns]) - 1
    pixel = tf.cast(tf.round(centre), tf.int32)
    beside = tf.clip_by_value(pixel + jitter, 0, limits)
    fill = [[0, 0], [0, filled[1] - rows], [0, filled[2] - columns]]
    late = [[0, 0], [0, filled[0] - clip]]
    return {
        "velocity": tf.pad(velocity, [late[1], *fill[1:]]),
        "territory": tf.pad(tf.gather(territory, counted), fill),
        "twitch_train": tf.pad(tf.gather(train, counted), late),
        "firing": tf.pad(tf.gather(firing, counted), late),
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


def _below(limit: Tensor, seed: Tensor) -> Tensor:
    """A random integer from 0 to below ``limit`` (0 where the limit is less than 2)."""
    return tf.random.stateless_uniform([], seed, 0, tf.maximum(limit, 1), tf.int32)


def _view(shape: Tensor, config: DataConfig, seed: Tensor) -> tuple[Tensor, Tensor]:
    """Frames, depth and width that the whole batch is cut to, and what it is filled up to."""
    if config.views:
        view = tf.constant(config.views)[_below(tf.constant(len(config.views)), fold(seed, 18))]
        return view, view
    fewest, most = config.clip_frames
    sides = [fewest + _below(tf.constant(most - fewest + 1), fold(seed, 14))]
    smaller = tf.random.stateless_uniform([], fold(seed, 11)) < config.crop_probability
    for axis in (0, 1):
        least, own = config.smallest_crop // 8, shape[1 + axis]
        choice = least + _below(own // 8 - least + 1, fold(seed, 12 + axis))
        sides.append(tf.where(smaller, tf.minimum(choice * 8, own), own))
    # Networks take multiples of 8; a batch's shorter clips are filled up when it is made.
    clip = tf.minimum(shape[0], sides[0])
    return tf.stack(sides), tf.stack([clip, *(-(-side // 8) * 8 for side in sides[1:])])


def _mirrored(images: Tensor, flip: Tensor, axis: int) -> Tensor:
    return tf.cond(flip, lambda: tf.reverse(images, [axis]), lambda: images)
