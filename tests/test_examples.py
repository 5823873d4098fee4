"""Augmentation: what is done to a recording is done to its truth."""

import numpy as np
import pytest
import tensorflow as tf

from kmu.config import DataConfig, TrainingConfig
from kmu.simulation.batch import example
from kmu.train.examples import dense_example, training_example

PLAIN = DataConfig(clip_frames=(100, 100), crop_probability=0.0, noise=0.0)


@pytest.fixture(scope="module")
def recording():
    from kmu.config.simulation import SIMULATION_PRESETS

    made = example(SIMULATION_PRESETS["tiny"], 5)
    times = [row["times"] for row in made["firings"]]
    return dense_example({**made, "firings": {"times": tf.ragged.constant(times, tf.float64)}})


def augmented(recording, config, number):
    seeds = (tf.constant([1, 2], tf.int64), tf.constant([3, number], tf.int64))
    return training_example(recording, config, (2, 2.5), *seeds)


def roughness(values, axis):
    return float(np.mean(np.diff(values, axis=axis) ** 2))


def test_smoothing_in_time_takes_the_trains_along_and_leaves_firings_where_they_are(recording):
    smoothed = 0
    for number in range(12):
        before = augmented(recording, PLAIN, number)
        after = augmented(recording, PLAIN.replace(smoothing=0.25), number)
        np.testing.assert_array_equal(before["firing"], after["firing"])
        np.testing.assert_array_equal(before["territory"], after["territory"])
        trains = [roughness(each["twitch_train"], 1) for each in (before, after)]
        movie = [roughness(each["velocity"], 0) for each in (before, after)]
        changed = not np.array_equal(before["twitch_train"], after["twitch_train"])
        smoothed += changed
        assert (trains[1] < trains[0]) == changed
        assert movie[1] < movie[0] or not changed
    assert 2 <= smoothed <= 10


def test_smoothing_moves_nothing(recording):
    changed = 0
    for number in range(6):
        before = augmented(recording, PLAIN, number)["velocity"].numpy()
        after = augmented(recording, PLAIN.replace(smoothing=0.25), number)["velocity"].numpy()
        changed += not np.array_equal(before, after)
        for axis in range(3):
            earlier, here, later = (np.sum(before * np.roll(after, k, axis)) for k in (-1, 0, 1))
            assert here > max(earlier, later)
            assert earlier == pytest.approx(later, rel=0.02)
        assert after.mean() == pytest.approx(before.mean(), abs=0.02 * float(before.std()))
    assert changed >= 2


def test_blurred_noise_is_added_to_the_stated_share_and_changes_no_truth(recording):
    config = PLAIN.replace(blurred_noise=1.0, blurred_share=0.5)
    shares = []
    for number in range(40):
        before, after = augmented(recording, PLAIN, number), augmented(recording, config, number)
        np.testing.assert_array_equal(before["territory"], after["territory"])
        np.testing.assert_array_equal(before["twitch_train"], after["twitch_train"])
        np.testing.assert_array_equal(before["firing"], after["firing"])
        noise = after["velocity"].numpy() - before["velocity"].numpy()
        shares.append(float(np.mean(noise**2) / np.mean(before["velocity"].numpy() ** 2)))
    assert 12 <= np.count_nonzero(shares) <= 28


def test_the_last_phase_has_its_own_noise():
    config = TrainingConfig(together_steps=50, together_noise=1.0)
    assert [config.phase_data(name).blurred_noise for name in config.phases()] == [0, 0, 1.0]
    assert config.phase_data("signals") == config.data
    assert config.replace(together_noise=0.0).phase_data("together") == config.data


@pytest.mark.parametrize("view", [(60, 16, 24), (160, 64, 56)])
def test_a_view_is_the_shape_of_every_example_and_what_it_shows_is_what_was_there(recording, view):
    config = PLAIN.replace(views=(view,), most_units=2)
    frames, depth, width = np.minimum(view, recording["velocity"].shape)
    whole = recording["velocity"].numpy()
    for number in range(4):
        seen = augmented(recording, config, number)
        velocity = seen["velocity"].numpy()
        count = seen["present"].shape[0]
        assert velocity.shape == view
        assert seen["territory"].shape == (count, *view[1:])
        assert seen["twitch_train"].shape == seen["firing"].shape == (count, view[0])
        assert count <= 2
        inside = velocity[:frames, :depth, :width]
        assert np.count_nonzero(velocity) == np.count_nonzero(inside)
        # Cut and mirrored, nothing else.
        assert np.isin(inside, whole).all()
        assert not seen["territory"][:, depth:].numpy().any()


def test_of_the_views_each_batch_gets_one_at_random(recording):
    views = ((60, 16, 24), (40, 24, 16))
    config = PLAIN.replace(views=views)
    shapes = [
        training_example(
            recording, config, (2, 2.5), tf.constant([1, batch]), tf.constant([3, batch])
        )["velocity"].shape
        for batch in range(20)
    ]
    assert {tuple(shape) for shape in shapes} == set(views)


def test_places_for_fewer_units_than_there_are_go_to_the_strongest(recording):
    every = augmented(recording, PLAIN, 1)
    few = augmented(recording, PLAIN.replace(most_units=1), 1)
    assert every["present"].shape[0] > 1
    for name in ("territory", "twitch_train", "cell"):
        np.testing.assert_array_equal(few[name], every[name][:1])
