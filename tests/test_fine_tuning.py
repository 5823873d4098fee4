"""What the second training adds: negatives, few units heard, other models' weights, firings."""

import numpy as np
import pytest
import tensorflow as tf

from kmu import MotorUnits
from kmu.analysis.physiology import active_intervals, discharge_measures
from kmu.config import TRAINING_PRESETS, GridConfig
from kmu.datasets.motor_unit_ultrasound import Builder
from kmu.errors import InputError
from kmu.evaluation.calibration import labelled_firings
from kmu.models import Identifier
from kmu.train import pipeline
from kmu.train.data import off_grid
from kmu.train.losses import evened
from kmu.train.negatives import without_twitches
from kmu.train.pipeline import trained_weights
from kmu.train.thresholds import calibrate_firings


def recording(frames=90):
    rng = np.random.default_rng(1)
    return rng.normal(size=(frames, 5, 7)).astype(np.float32).cumsum(0)


@pytest.mark.parametrize("seed", range(6))
def test_a_recording_without_twitches_moves_together_as_it_did(seed):
    """Phases alike for all pixels, or time turned, leave all products of pixels as they are."""
    velocity = recording()
    bare = without_twitches(tf.constant(velocity), tf.constant([seed, 3])).numpy()
    before, after = (one.reshape(90, -1) for one in (velocity, bare))
    np.testing.assert_allclose(after.T @ after, before.T @ before, rtol=0.02, atol=20)
    assert np.abs(after - before).max() > 1


def test_time_is_turned_in_some_and_phases_are_drawn_in_others():
    velocity = recording()
    made = [
        without_twitches(tf.constant(velocity), tf.constant([seed, 3])).numpy() for seed in range(8)
    ]
    turned = [np.array_equal(one, velocity[::-1]) for one in made]
    assert any(turned)
    assert not all(turned)


def test_a_recording_counts_with_the_root_of_its_number_of_units():
    weight = np.array([[1, 0, 0, 0], [1, 1, 1, 1], [0, 0, 0, 0]], np.float32)
    even = np.asarray(evened(weight))
    np.testing.assert_allclose(even.sum(1), [1, 2, 0])
    np.testing.assert_array_equal(even > 0, weight > 0)


def test_wide_holds_recordings_of_mixed_and_of_lab_in_turn():
    config = next(one for one in Builder.BUILDER_CONFIGS if one.name == "wide")
    assert [config.family(seed).family for seed in range(4)] == ["mixed", "lab", "mixed", "lab"]


@pytest.mark.parametrize(
    ("family", "grid", "said"),
    [
        (
            "speckle",
            GridConfig(),
            "0.6 x 0.6 mm at 100 Hz; the network learns them as its own",
        ),
        ("speckle", GridConfig(spacing=0.6), ""),
        ("moderate", GridConfig(frame_rate=200), "as its own 0.625 mm at 200 Hz"),
        ("moderate", GridConfig(), ""),
        ("wide", GridConfig(), ""),
    ],
)
def test_recordings_on_another_grid_than_the_networks_are_told_of(family, grid, said, tmp_path):
    builder = Builder(config=family, data_dir=tmp_path)
    sentence = off_grid(builder, grid)
    assert said in sentence
    assert bool(sentence) == bool(said)


def test_training_begins_with_that_sentence(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(pipeline, "off_grid", lambda builder, grid: f"{builder} is off the grid")
    monkeypatch.setattr(pipeline, "_train_phase", lambda *_: None)
    pipeline.train_networks(TRAINING_PRESETS["tiny"], tmp_path, "speckle")
    assert "speckle is off the grid" in capsys.readouterr().err


def test_training_goes_on_from_the_weights_of_a_shipped_model():
    weights = trained_weights(TRAINING_PRESETS["fine_tune"])
    assert sum(one.size for one in weights) > 500_000
    assert all(np.isfinite(one).all() for one in weights)
    other = TRAINING_PRESETS["tiny"].replace(start="kmu")
    with pytest.raises(InputError, match="kmu has another network than preset 'tiny'"):
        trained_weights(other)


def test_a_model_that_does_not_peel_off_yet_begins_as_it_was(tmp_path, monkeypatch):
    config = TRAINING_PRESETS["tiny"].replace(start="kmu")
    signal = config.network.signal.replace(peel_off=False)
    before = Identifier(config.network.replace(signal=signal))
    before.build()
    monkeypatch.setattr(pipeline, "load_identifier", lambda _: before)
    after = Identifier(config.network)
    after.build()
    after.set_weights(trained_weights(config))
    courses = np.random.default_rng(0).standard_normal((2, 60, 6)).astype(np.float32)
    ours, theirs = (
        one.signals.regressor(part) for one, part in ((after, courses), (before, courses[..., :4]))
    )
    for mine, his in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(mine, his, atol=1e-5)


def test_a_phase_of_no_steps_is_left_out():
    assert TRAINING_PRESETS["fine_tune"].phases() == ("segmentation", "together")
    assert TRAINING_PRESETS["base"].phases() == ("segmentation", "signals", "together")


def test_without_a_step_a_model_to_start_with_keeps_its_weights(tmp_path):
    config = TRAINING_PRESETS["fine_tune"]
    none = {"steps": 0}
    config = config.replace(
        segmentation=config.segmentation.replace(**none),
        signals=config.signals.replace(**none),
        together_steps=0,
    )
    builder = Builder(config="wide", data_dir=tmp_path)
    kept = pipeline.train_networks(config, tmp_path, builder).get_weights()
    for mine, his in zip(kept, trained_weights(config), strict=True):
        np.testing.assert_array_equal(mine, his)
    with pytest.raises(InputError, match="no step of any phase"):
        config.replace(start="")


def test_of_two_found_firings_near_one_true_one_the_higher_peak_is_right():
    found = [np.array([0.100, 0.112, 0.300]), np.array([0.5])]
    peak = [np.array([0.6, 0.9, 0.4]), np.array([0.7])]
    truth = [np.array([0.105, 0.325]), np.zeros(0)]
    height, right = labelled_firings(found, peak, truth)
    np.testing.assert_array_equal(height, [0.6, 0.9, 0.4, 0.7])
    np.testing.assert_array_equal(right, [False, True, False, False])


class Uncalibrated:
    firing_scale, firing_offset = 1.0, 0.0


def test_calibrated_a_peak_of_the_firing_probability_says_how_often_a_firing_is_there():
    """Peaks of 0.5 of which four in five are true firings come to about four in five."""
    count = 200
    frame = 5 + 10 * np.arange(count)
    probability = np.zeros((1, 10 * count + 10), np.float32)
    probability[0, frame] = np.where(np.arange(count) % 2, 0.5, 0.2)
    there = np.where(np.arange(count) % 2, np.arange(count) % 10 != 1, np.arange(count) % 10 == 0)
    times = [frame[there] / 100.0]
    units = MotorUnits(
        np.ones((1, 2, 2)), np.ones((1, probability.shape[1])), times, [1.0], 100.0, (1.0, 1.0)
    )
    identifier = Uncalibrated()
    (after,) = calibrate_firings(identifier, [(units, units)], [probability])
    assert after[0, frame[1]] == pytest.approx(0.8, abs=0.02)
    assert after[0, frame[0]] == pytest.approx(0.2, abs=0.02)
    assert identifier.firing_scale > 1


def test_a_unit_is_active_between_its_pauses():
    steady = 0.1 * np.arange(11)
    firings = np.concatenate([steady, 3 + steady])
    assert active_intervals(firings) == [(0.0, 1.0), (3.0, 4.0)]
    measures = discharge_measures(firings)
    assert (measures["active"], measures["stretches"]) == (pytest.approx(2.0), 2)
    # A slow unit's usual interval is no pause.
    assert len(active_intervals(1.1 * np.arange(6))) == 1
    assert active_intervals(np.array([0.4])) == [(0.4, 0.4)]
    assert active_intervals(np.zeros(0)) == []
