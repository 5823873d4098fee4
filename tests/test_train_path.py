"""Truth carried along: whatever is done to a training example, its units still make its velocity.

The example is linear and without noise, so territories x trains are the velocity, exactly. It has
an odd number of frames, unequal axes and asymmetric territories, and is longer and larger than
what is cut out of it.
"""

import numpy as np
import pytest
import tensorflow as tf

from kmu.config import DataConfig
from kmu.train.examples import FIRING_SIGMA, assign_slots, superpose, training_example

FRAMES, DEPTH, WIDTH, RATE = 151, 40, 48, 100.0
CUT = DataConfig(clip_frames=(61, 61), crop_probability=1.0, smallest_crop=16, noise=0.0)
# (top, left, rows, columns) of three territories, each brighter towards its lower right.
PLACES = ((3, 5, 9, 6), (14, 20, 12, 7), (24, 34, 8, 11))
# Periods in frames that no other unit has.
PERIODS = (9, 13, 17)


def linear(gain=1.0):
    """Three units; everyone fires all the time, so none is silent in any clip."""
    territory = np.zeros((3, DEPTH, WIDTH), np.float32)
    train = np.zeros((3, FRAMES), np.float32)
    times = np.full((3, 20), -1.0, np.float32)
    for k, ((top, left, rows, columns), period) in enumerate(zip(PLACES, PERIODS, strict=True)):
        ramp = np.add.outer(np.linspace(0, 0.1, rows), np.linspace(0.6, 0.8, columns))
        territory[k, top : top + rows, left : left + columns] = ramp
        at = np.arange(3, FRAMES, period)
        train[k, at] = gain * (k + 1 + 0.01 * np.arange(len(at)))
        times[k, : len(at)] = at / RATE
    return {
        "velocity": tf.constant(np.einsum("kt,kzx->tzx", train, territory)),
        "territory": tf.constant(territory),
        "twitch_train": tf.constant(train),
        "times": tf.constant(times),
        "frame_rate": tf.constant(RATE),
    }


def seen(number, config=CUT, example=None, slots=(3, 2.5)):
    seeds = (tf.constant([1, number], tf.int64), tf.constant([3, number], tf.int64))
    given = training_example(linear() if example is None else example, config, slots, *seeds)
    return {name: np.asarray(values) for name, values in given.items()}


@pytest.fixture(scope="module")
def views():
    return [seen(number) for number in range(24)]


def made_again(view):
    return np.einsum("kt,kzx->tzx", view["twitch_train"], view["territory"])


def test_velocity_is_territories_times_trains_after_cropping_cutting_and_mirroring(views):
    whole = linear()["velocity"].numpy()
    uncut = 0
    for view in views:
        # A unit with less than half of its area in sight is left out; no two share a pixel here.
        own = (view["territory"] > 0).any(0)
        np.testing.assert_allclose(view["velocity"][:, own], made_again(view)[:, own], atol=1e-5)
        assert view["velocity"].shape[0] == 61
        uncut += view["velocity"].shape[1:] == whole.shape[1:]
    assert sum(len(view["present"]) for view in views) > 30
    assert uncut < len(views)


def test_every_unit_of_the_whole_field_is_there_and_explains_all_of_it():
    config = CUT.replace(crop_probability=0.0)
    mirrored = set()
    for number in range(12):
        view = seen(number, config)
        assert len(view["present"]) == 3
        np.testing.assert_allclose(view["velocity"], made_again(view), atol=1e-5)
        # The brightest corner of a territory tells how it was mirrored.
        peak = np.argwhere(view["territory"][0] == view["territory"][0].max())[0]
        least = np.argwhere(view["territory"][0] > 0).min(0)
        mirrored.add(tuple(peak == least))
    assert len(mirrored) == 4


def test_the_firing_bumps_stand_where_the_trains_jump(views):
    for view in views:
        firing = view["firing"][:, view["twitch_train"].any(0)]
        jumps = view["twitch_train"][:, view["twitch_train"].any(0)] > 0
        np.testing.assert_allclose(firing[jumps], 1, atol=1e-4)
        # One frame, 10 ms, beside a firing: the bump is exp(-1/2), and nothing reaches 1 elsewhere.
        for course, train in zip(view["firing"], view["twitch_train"], strict=True):
            at = np.flatnonzero(train)
            beside = at[at + 1 < len(course)] + 1
            np.testing.assert_allclose(
                course[beside], np.exp(-0.5 * (0.01 / FIRING_SIGMA) ** 2), atol=1e-3
            )
            assert (course > 0.99).sum() == len(at)


def test_a_centre_is_the_row_and_the_column_of_its_territory(views):
    for view in views:
        for mask, cell in zip(view["territory"] >= 0.5, view["cell"], strict=True):
            np.testing.assert_allclose(cell, np.argwhere(mask).mean(0), atol=0.51)
        assert (np.abs(view["mask_cell"] - view["cell"]) <= 1).all()


def test_the_strongest_unit_comes_first(views):
    for view in views:
        area = (view["territory"] >= 0.5).sum((1, 2))
        energy = area * np.mean(view["twitch_train"] ** 2, 1)
        assert (np.diff(energy) <= 0).all()


def test_slots_count_the_stronger_units_at_the_same_place():
    centre = tf.constant([[5.0, 5.0], [5.0, 7.0], [20.0, 5.0], [6.0, 5.0], [5.0, 6.0]])
    assert assign_slots(centre, 3, 2.5).numpy().tolist() == [0, 1, 0, 2, 2]
    assert assign_slots(centre, 8, 2.5).numpy().tolist() == [0, 1, 0, 2, 3]


def test_two_recordings_at_once_have_the_sum_of_velocities_and_the_units_of_both():
    one, other = linear(), linear(gain=2.0)
    # Fewer places for firings in one than in the other.
    other["times"] = other["times"][:, :18]
    gains = set()
    for number in range(3):
        seed = tf.constant([number, 7], tf.int64)
        both = superpose(one, other, tf.constant(True), seed)
        values = {name: np.asarray(value) for name, value in both.items()}
        np.testing.assert_allclose(values["velocity"], made_again(values), atol=1e-4)
        assert values["territory"].shape[0] == values["times"].shape[0] == 6
        np.testing.assert_array_equal(values["times"][3:, :18], other["times"])
        assert (values["times"][3:, 18:] == -1).all()
        gain = values["twitch_train"][3, 3] / other["twitch_train"][0, 3].numpy()
        assert 0.5 <= gain <= 1.5
        gains.add(round(float(gain), 4))
    assert len(gains) == 3


def test_recordings_of_unlike_shape_are_not_added():
    one, other = linear(), linear()
    other["velocity"] = other["velocity"][:-1]
    left = superpose(one, other, tf.constant(True), tf.constant([0, 7], tf.int64))
    assert left["territory"].shape[0] == 3
    np.testing.assert_array_equal(left["velocity"], one["velocity"])


def test_smoothing_in_time_keeps_trains_and_velocity_together():
    config = CUT.replace(crop_probability=0.0, smoothing=0.3)
    changed = 0
    for number in range(12):
        view = seen(number, config)
        raw = seen(number, CUT.replace(crop_probability=0.0))
        # Time alone: where space was smoothed too, the sum over all pixels still is the same.
        ours = made_again(view).sum((1, 2))
        np.testing.assert_allclose(view["velocity"].sum((1, 2)), ours, rtol=1e-4, atol=1e-3)
        changed += not np.array_equal(view["twitch_train"], raw["twitch_train"])
    assert 2 <= changed <= 10


def test_a_unit_counts_if_half_of_its_area_is_in_sight():
    example = linear()
    # The velocity says the column; one unit of ten columns at the left edge.
    columns = np.broadcast_to(np.arange(WIDTH, dtype=np.float32), (FRAMES, DEPTH, WIDTH))
    territory = np.zeros((1, DEPTH, WIDTH), np.float32)
    territory[0, 4:13, :10] = 1
    example["velocity"], example["territory"] = tf.constant(columns), tf.constant(territory)
    for name in ("twitch_train", "times"):
        example[name] = example[name][:1]
    config = DataConfig(views=((61, DEPTH, 36),), noise=0.0)
    counted = {True: 0, False: 0}
    for number in range(30):
        view = seen(number, config, example)
        in_sight = 10 - round(float(view["velocity"].min()))
        assert len(view["present"]) == (in_sight >= 5)
        counted[in_sight >= 5] += 1
    assert min(counted.values()) > 3
