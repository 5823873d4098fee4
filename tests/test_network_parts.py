"""Parts of the network: right numbers where numbers can be known."""

import keras
import numpy as np
import pytest
from made_inputs import inputs

from kmu.config import GridConfig
from kmu.models import Grid, LocalCorrelation, SignalRegressor, solve_ridge, unmix
from kmu.models.grid import resample_space, resample_time, space_matrix
from kmu.models.merging import distinct
from kmu.models.segmenter import best_cells


def test_time_resampled_to_its_own_rate_is_unchanged():
    signal = np.random.default_rng(1).normal(size=(2, 77, 5)).astype(np.float32)
    np.testing.assert_allclose(resample_time(signal, 1.0, 77), signal, atol=1e-5)


@pytest.mark.parametrize("ratio", [10.0, 5.0, 3.7, 0.4])
def test_a_slow_sine_survives_any_change_of_rate(ratio):
    fast = np.arange(1000) / (100 * ratio)
    signal = np.sin(2 * np.pi * 3 * fast)[None, :, None].astype(np.float32)
    count = int(1000 / ratio)
    slow = np.arange(count) / 100
    resampled = np.asarray(resample_time(signal, ratio, count))[0, :, 0]
    inner = slice(5, count - 5)
    np.testing.assert_allclose(resampled[inner], np.sin(2 * np.pi * 3 * slow)[inner], atol=0.02)


def test_what_the_target_rate_cannot_show_is_taken_out():
    time = np.arange(2000) / 1000
    signal = np.sin(2 * np.pi * 180 * time)[None, :, None].astype(np.float32)
    aliased = np.asarray(resample_time(signal, 10.0, 200))[0, 5:-5, 0]
    assert np.abs(aliased).max() < 0.1


def test_images_keep_their_place_and_level_on_another_grid():
    depth = space_matrix(119, np.float32(0.336), 64, np.float32(0.625))
    lateral = space_matrix(128, np.float32(0.3), 62, np.float32(0.625))
    rows, columns = np.mgrid[:119, :128]
    image = ((rows + 0.5) * 0.336 + 2 * (columns + 0.5) * 0.3).astype(np.float32)
    there = np.asarray(resample_space(image, depth, lateral))
    rows, columns = np.mgrid[:64, :62]
    expected = (rows + 0.5) * 0.625 + 2 * (columns + 0.5) * 0.625
    np.testing.assert_allclose(there[3:-3, 3:-3], expected[3:-3, 3:-3], rtol=0.01)


def test_the_grid_gives_unit_power_and_tells_the_scale():
    given = inputs((2, 120, 40, 48), seed=5)
    given["velocity"] *= np.array([1.0, 20.0], np.float32)[:, None, None, None]
    normal, scale = Grid(GridConfig())(**given)
    assert normal.shape == (2, 120, 40, 48)
    np.testing.assert_allclose(np.mean(np.square(normal), axis=(1, 2, 3)), 1, rtol=1e-3)
    assert 15 < scale[1] / scale[0] < 25


@pytest.mark.parametrize("level", [0.0, 3.0])
def test_silence_stays_silent_on_the_grid(level):
    given = inputs((1, 60, 16, 16))
    given["velocity"] = np.full_like(given["velocity"], level)
    normal, _ = Grid(GridConfig())(**given)
    assert np.abs(np.asarray(normal)).max() < 0.05


def test_local_correlation_is_the_correlation_with_each_neighbour():
    velocity = np.random.default_rng(2).normal(size=(1, 50, 9, 11)).astype(np.float32)
    layer = LocalCorrelation((0, 1, 3))
    maps = np.asarray(layer(velocity))[0]
    assert maps.shape == (9, 11, layer.channels) == (9, 11, 26)
    signed = [-3, -1, 0, 1, 3]
    at = velocity[0, :, 4, 5]
    expected = [
        np.corrcoef(at, velocity[0, :, 4 + down, 5 + across])[0, 1]
        for down in signed
        for across in signed
    ]
    np.testing.assert_allclose(sorted(maps[4, 5, :-1]), sorted(expected), atol=2e-3)
    np.testing.assert_allclose(maps[4, 5, -1], np.log(at.var() + 1e-3), atol=1e-3)


def test_local_correlation_of_a_batch_is_that_of_each_recording():
    velocity = np.random.default_rng(3).normal(size=(3, 40, 12, 10)).astype(np.float32)
    layer = LocalCorrelation((0, 2, 5))
    alone = np.concatenate([layer(velocity[k : k + 1]) for k in range(3)])
    np.testing.assert_allclose(layer(velocity), alone, atol=1e-6)


@pytest.mark.parametrize("frames", [1, 37, 200])
def test_the_signal_regressor_gives_and_learns_the_same_by_its_quick_way(frames):
    import tensorflow as tf

    keras.utils.set_random_seed(2)
    regressor = SignalRegressor(8, (1, 2, 4, 8, 16, 1))
    regressor.build((None, None, 4))
    for variable in regressor.variables:
        variable.assign(keras.random.normal(variable.shape, stddev=0.3))
    courses = tf.constant(np.random.default_rng(4).normal(size=(5, frames, 4)), tf.float32)
    found = []
    for plain in (False, True):
        with tf.GradientTape() as tape:
            tape.watch(courses)
            given = regressor(courses, plain=plain)
            total = sum(tf.reduce_sum(tf.sin(one)) for one in given)
        wanted = [courses, *(variable.value for variable in regressor.trainable_variables)]
        found.append([*given, *tape.gradient(total, wanted)])
    for quick, plain in zip(*found, strict=True):
        np.testing.assert_allclose(quick, plain, rtol=1e-3, atol=1e-3)


def test_unmixing_recovers_trains_from_overlapping_territories():
    rng = np.random.default_rng(4)
    territory = np.clip(rng.normal(0.4, 0.5, size=(1, 6, 300)), 0, 1).astype(np.float32)
    territory[0, 5] = 0
    train = rng.normal(size=(1, 6, 80)).astype(np.float32)
    velocity = np.einsum("bkt,bkp->btp", train, territory)
    found = np.asarray(unmix(velocity, territory, 1e-4))
    np.testing.assert_allclose(found[0, :5], train[0, :5], atol=0.02)
    assert not found[0, 5].any()
    gram = train @ train.transpose(0, 2, 1)
    maps = np.asarray(solve_ridge(gram, train @ velocity, 1e-4))
    np.testing.assert_allclose(maps[0, :5], territory[0, :5], atol=0.02)


def test_best_cells_are_the_highest_local_maxima():
    centre = np.full((1, 8, 8, 2), -5, np.float32)
    centre[0, 2, 3, 0], centre[0, 2, 4, 0], centre[0, 6, 6, 1] = 3, 2, 1
    cell, score = best_cells(centre, 4)
    assert list(np.asarray(cell)[0, :2]) == [(2 * 8 + 3) * 2, (6 * 8 + 6) * 2 + 1]
    assert np.asarray(score)[0, 0] > np.asarray(score)[0, 1] > 0.5


def test_of_candidates_with_nearly_one_mask_the_strongest_is_left():
    mask = np.zeros((1, 4, 100), np.float32)
    mask[0, 0, :50], mask[0, 1, 5:50], mask[0, 2, 45:] = 1, 1, 1
    assert np.asarray(distinct(mask, 0.42)).tolist() == [[1, 0, 1, 0]]
    assert np.asarray(distinct(mask, 0.95)).tolist() == [[1, 1, 1, 0]]
