"""What training makes of a recording at random, against what can be said in advance."""

import numpy as np
import pytest
import tensorflow as tf
from scipy.signal import lfilter

from kmu.train import augmentation

WHITE = np.random.default_rng(0).normal(size=(160, 24, 32)).astype(np.float32)


def seeds(count):
    return [tf.constant([number, 7], tf.int32) for number in range(count)]


def test_other_twitches_come_through_one_causal_filter_in_velocity_and_train_alike():
    velocity = np.zeros((60, 8, 8), np.float32)
    velocity[20, 3, 5] = 2.0
    train = np.zeros((2, 60), np.float32)
    train[1, 20] = 2.0
    shapes = []
    for seed in seeds(6):
        moved, course = augmentation.shaped(tf.constant(velocity), tf.constant(train), seed)
        moved, course = moved.numpy(), course.numpy()
        np.testing.assert_allclose(course[1], moved[:, 3, 5], atol=1e-6)
        assert not course[0].any()
        assert np.count_nonzero(moved.any(axis=0)) == 1
        assert not course[1, :20].any()
        assert course[1, 20] == 2.0
        pole = course[1, 22] / course[1, 21]
        zero = pole - course[1, 21] / 2.0
        assert 0 <= pole <= 0.75
        assert 0 <= zero <= 0.5
        np.testing.assert_allclose(course[1], lfilter([1, -zero], [1, -pole], train[1]), atol=1e-4)
        shapes.append((pole, zero))
    assert np.std(shapes, axis=0).min() > 0.05


def test_noise_is_as_strong_as_stated_and_shared_by_pixels_and_frames_beside():
    shared, uneven = [], 0
    for seed in seeds(24):
        noise = augmentation.noisy(tf.constant(WHITE), 0.25, seed, blurred=True).numpy() - WHITE
        columns = np.mean(noise**2, axis=(0, 1))
        if columns.max() > 6 * columns.min():
            uneven += 1
            continue
        assert 0.15 < np.mean(noise**2) / np.mean(WHITE**2) < 0.35
        shared.append(
            [
                np.mean(np.take(noise, range(1, size), axis) * np.delete(noise, -1, axis))
                / np.mean(noise**2)
                for axis, size in enumerate(noise.shape)
            ]
        )
    assert 2 <= uneven <= 11
    frames, depth, width = np.transpose(shared)
    # Pole uniform to 0.8; exp(-1 / 4 sigma^2), sigma uniform from 0.3 to 2.0 px.
    assert frames.min() > -0.05
    assert frames.max() < 0.85
    assert 0.2 < frames.mean() < 0.6
    for along in (depth, width):
        assert along.min() > -0.05
        assert along.max() < 0.97
        assert 0.45 < along.mean() < 0.85


def test_white_noise_is_white():
    noise = augmentation.noisy(tf.constant(WHITE), 0.25, seeds(1)[0]).numpy() - WHITE
    assert np.mean(noise**2) == pytest.approx(0.25 * np.mean(WHITE**2), rel=0.02)
    assert abs(np.mean(noise[1:] * noise[:-1])) < 0.01 * np.mean(noise**2) + 0.002


def test_an_uneven_gain_is_the_same_in_all_frames_and_never_turns_motion_round():
    deviations = []
    for seed in seeds(8):
        gain = augmentation.unevenly_seen(tf.constant(WHITE), 0.5, seed).numpy() / WHITE
        np.testing.assert_allclose(gain, np.broadcast_to(gain[:1], gain.shape), rtol=1e-4)
        deviations.append(np.std(np.log(gain[0])))
    assert max(deviations) < 0.65
    assert min(deviations) < 0.25 < max(deviations)


def test_a_slip_moves_the_image_once_and_the_truth_lies_half_way():
    ramp = np.broadcast_to(np.arange(32, dtype=np.float32), (50, 4, 32))
    for seed in seeds(6):
        moved = (
            augmentation.slipped(tf.constant(ramp), 3.0, seed).numpy()[:, 2, 4:28]
            - ramp[0, 2, 4:28]
        )
        by = moved[:, 0]
        np.testing.assert_allclose(moved, np.broadcast_to(by[:, None], moved.shape), atol=1e-5)
        jump = np.flatnonzero(np.abs(np.diff(by)) > 1e-6)
        assert len(jump) == 1
        assert 9 <= jump[0] <= 40
        assert by[0] == pytest.approx(-by[-1], abs=1e-5)
        assert abs(by[0]) <= 1.5


def test_nothing_is_done_where_the_share_is_nothing_and_always_where_it_is_one():
    for seed in seeds(4):
        assert augmentation.at_times(0.0, seed, lambda: tf.constant(1), tf.constant(0)) == 0
        assert augmentation.at_times(1.0, seed, lambda: tf.constant(1), tf.constant(0)) == 1
