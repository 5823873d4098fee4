"""The networks: right numbers where numbers can be known, any size everywhere."""

import subprocess
import sys

import keras
import numpy as np
import pytest

from kmu.config import NETWORK_PRESETS, GridConfig
from kmu.models import (
    Grid,
    Identifier,
    LocalCorrelation,
    SignalRegressor,
    solve_ridge,
    unmix,
)
from kmu.models.grid import resample_space, resample_time, space_matrix
from kmu.models.merging import distinct
from kmu.models.segmenter import best_cells

OUTPUTS = {"territory", "twitch_train", "firing_probability", "score", "valid"}


def inputs(shape, frame_rate=100.0, spacing=(0.625, 0.625), seed=0):
    batch = shape[0]
    return {
        "velocity": np.random.default_rng(seed).normal(size=shape).astype(np.float32),
        "frame_rate": np.full(batch, frame_rate, np.float32),
        "spacing": np.tile(np.array(spacing, np.float32), (batch, 1)),
    }


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


def test_leaving_out_empty_places_changes_no_unit():
    network = NETWORK_PRESETS["tiny"]
    eager = Identifier(
        network.replace(signal=network.signal.replace(proposal_score=0.0, keep_score=0.5))
    )
    eager.build()
    rng = np.random.default_rng(2)
    last = eager.signals.sieve[1]
    last.kernel.assign(rng.normal(size=last.kernel.shape))
    velocity = rng.normal(size=(2, 60, 32, 32)).astype(np.float32)
    maps = eager.maps(velocity)
    # A sieve that drops half of what noise proposes.
    worth = eager.units(velocity, maps, 24)["first"]["worth_logits"]
    last.bias.assign([-np.median(worth)])
    whole, short = (eager.units(velocity, maps, 24, shorten) for shorten in (False, True))
    assert 1 <= short["present"].shape[1] < whole["present"].shape[1]
    for row in range(2):
        kept = [np.asarray(units["present"])[row] > 0 for units in (whole, short)]
        assert kept[0].sum() == kept[1].sum()
        for name in ("territory", "train", "score_logits"):
            np.testing.assert_allclose(
                np.asarray(whole[name])[row][kept[0]],
                np.asarray(short[name])[row][kept[1]],
                atol=1e-4,
            )


@pytest.mark.parametrize(
    ("shape", "frame_rate", "spacing"),
    [
        ((1, 200, 64, 64), 100.0, (0.625, 0.625)),
        ((3, 157, 48, 64), 100.0, (0.625, 0.625)),
        ((2, 300, 50, 128), 500.0, (0.8, 0.3)),
        ((1, 30, 5, 7), 100.0, (0.625, 0.625)),
    ],
)
def test_any_size_gives_finite_results_on_its_own_grid(identifier, shape, frame_rate, spacing):
    batch, frames, depth, width = shape
    found = identifier(inputs(shape, frame_rate, spacing))
    count = NETWORK_PRESETS["tiny"].segmenter.max_units
    assert set(found) == OUTPUTS
    assert found["territory"].shape == (batch, count, depth, width)
    assert found["twitch_train"].shape == (batch, count, frames)
    assert found["firing_probability"].shape == (batch, count, frames)
    for name in OUTPUTS - {"valid", "twitch_train"}:
        values = np.asarray(found[name])
        assert values.min() >= 0
        assert values.max() <= 1
    score = np.asarray(found["score"])
    assert (np.diff(score, axis=1) <= 0).all()


@pytest.mark.parametrize("level", [0.0, 1.0])
def test_silence_gives_no_units(identifier, level):
    given = inputs((1, 100, 32, 32))
    given["velocity"] = np.full_like(given["velocity"], level)
    found = identifier(given)
    assert all(np.isfinite(np.asarray(value)).all() for value in found.values())
    assert np.asarray(found["score"]).max() < 0.5


def test_all_that_is_said_of_a_unit_is_sorted_with_its_score(identifier, monkeypatch):
    frames, shape = 60, (16, 24)
    time = np.arange(frames) / 100
    territory, firing = np.zeros((3, *shape), np.float32), np.full((3, frames), -9, np.float32)
    for k in range(3):
        territory[k, 2 + 4 * k : 5 + 4 * k, 3 * k : 3 * k + 6] = 1
        firing[k, 15 * (k + 1)] = k
    train = np.float32([np.sin(2 * np.pi * rate * time) for rate in (7, 11, 17)])
    logits = np.float32([-1.0, 2.0, 0.5])
    proposed = {"territory": territory, "train": train, "firing_logits": firing}
    proposed |= {"score_logits": logits, "present": np.ones(3, np.float32)}
    proposed = {name: keras.ops.convert_to_tensor(value[None]) for name, value in proposed.items()}
    monkeypatch.setattr(identifier, "units", lambda *_, **__: proposed)
    monkeypatch.setattr(identifier, "score_threshold", 0.5)
    given = inputs((1, frames, *shape))
    # On the model's own grid and rate nothing is resampled: what was proposed comes back.
    found = {name: np.asarray(value)[0] for name, value in identifier(given).items()}
    _, scale = identifier.grid(**given)
    order = [1, 2, 0]
    np.testing.assert_allclose(found["score"][:3], 1 / (1 + np.exp(-logits[order])), atol=1e-5)
    assert found["valid"].tolist() == [True, True] + [False] * (len(found["score"]) - 2)
    np.testing.assert_allclose(found["territory"][:3], territory[order], atol=1e-5)
    np.testing.assert_allclose(found["twitch_train"][:3], scale[0] * train[order], atol=1e-4)
    peaks = 1 / (1 + np.exp(-np.arange(3.0)))
    assert found["firing_probability"][:3].argmax(1).tolist() == [30, 45, 15]
    np.testing.assert_allclose(found["firing_probability"][:3].max(1), peaks[order], atol=1e-4)


def test_a_recording_gets_the_same_answer_alone_and_in_a_batch(identifier):
    both = inputs((2, 100, 32, 40))
    alone = {name: value[1:] for name, value in both.items()}
    together, single = identifier(both), identifier(alone)
    for name in OUTPUTS - {"valid"}:
        np.testing.assert_allclose(together[name][1:], single[name], atol=1e-4)


def test_twitch_trains_scale_with_the_velocity(identifier):
    given = inputs((1, 100, 32, 32))
    louder = {**given, "velocity": 10 * given["velocity"]}
    first, second = identifier(given), identifier(louder)
    np.testing.assert_allclose(
        10 * np.asarray(first["twitch_train"]), second["twitch_train"], rtol=1e-2, atol=1e-2
    )
    np.testing.assert_allclose(first["score"], second["score"], atol=1e-3)


@pytest.mark.slow
def test_saved_models_answer_the_same_in_a_fresh_process(tmp_path):
    given = inputs((2, 60, 24, 32))
    np.savez(tmp_path / "given.npz", **given)
    expected = {}
    for preset in ("base", "paper", "tiny"):
        keras.utils.set_random_seed(1)
        model = Identifier(NETWORK_PRESETS[preset], score_threshold=0.3)
        model.build()
        expected[preset] = model(given)
        model.save(tmp_path / f"{preset}.keras")
    code = (
        "import os, numpy as np, keras, kmu.models\n"
        f"os.chdir({str(tmp_path)!r})\n"
        f"for preset in {list(expected)}:\n"
        "    model = keras.saving.load_model(f'{preset}.keras', compile=False)\n"
        "    np.savez(f'{preset}.npz', **model(dict(np.load('given.npz'))))\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
    for preset, values in expected.items():
        found = np.load(tmp_path / f"{preset}.npz")
        for name in OUTPUTS:
            np.testing.assert_allclose(
                found[name].astype(float), np.asarray(values[name]).astype(float), atol=1e-4
            )


def test_territories_learn_from_outlines_and_weights_from_trains():
    import tensorflow as tf

    network = NETWORK_PRESETS["tiny"]
    every = network.signal.replace(proposal_score=0.0, keep_score=0.0)
    made = Identifier(network.replace(signal=every))
    made.build()
    rng = np.random.default_rng(5)
    exit_kernel = made.signals.refiner.exit.kernel
    exit_kernel.assign(0.1 * rng.normal(size=exit_kernel.shape))
    velocity = rng.normal(size=(1, 60, 32, 32)).astype(np.float32)
    maps = made.maps(velocity)
    with tf.GradientTape(persistent=True) as tape:
        units = made.units(velocity, maps, 8)
        outline = tf.reduce_sum(units["territory_logits"][-1])
        train = tf.reduce_sum(tf.square(units["train"]))
    for result, (territory, weight) in ((outline, (1, 0)), (train, (0, 1))):
        gradient = np.abs(tape.gradient(result, exit_kernel.value)).max(axis=(0, 1, 2))
        assert (gradient > 0).tolist() == [bool(territory), bool(weight)]
