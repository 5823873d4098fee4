"""The identifier, whole: any size, order, scale and batch, and what learns from what."""

import subprocess
import sys

import keras
import numpy as np
import pytest
from made_inputs import inputs

from kmu.config import NETWORK_PRESETS
from kmu.models import Identifier

OUTPUTS = {"territory", "twitch_train", "firing_probability", "score", "valid"}


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
