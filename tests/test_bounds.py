"""Upper bounds: methods that are told half of the truth and asked for the other half."""

import dataclasses

import numpy as np
import pytest
from made_recordings import twitching

from kmu.evaluation.bounds import BOUNDS, bound, regressed_territories
from kmu.evaluation.methods import method
from kmu.evaluation.scores import score_recording
from kmu.motor_units import MotorUnits
from kmu.recording import Recording

CENTRES = [(6.0, 5.0), (16.0, 14.0)]


@pytest.fixture(scope="module")
def known():
    """A recording that is territory times train and a little noise, and its truth."""
    recording, firings = twitching(CENTRES, 4.0, frame_rate=100.0)
    z, x = (np.arange(24) + 0.5)[:, None], (np.arange(40) + 0.5)[None] * 0.5
    places = [np.exp(-((z - a) ** 2 + (x - b) ** 2) / 9) for a, b in CENTRES]
    phase = [(np.arange(400)[:, None] / 100 - times[None]) / 0.04 for times in firings]
    trains = [(-p * np.exp(-(p**2))).sum(1) for p in phase]
    truth = MotorUnits(np.array(places), np.array(trains), firings, np.ones(2), 100.0, (1.0, 0.5))
    return recording, truth


def test_trains_follow_from_true_territories(known):
    recording, truth = known
    found = method("trains_bound_lsq").run(recording, truth)
    np.testing.assert_array_equal(found.territory, truth.territory)
    assert score_recording(found, truth).twitch_train_correlation.min() > 0.99


def test_territories_follow_from_true_trains(known):
    recording, truth = known
    found = method("territories_bound").run(recording, truth)
    scores = score_recording(found, truth)
    assert scores.units_matched == 2
    assert scores.iou.min() > 0.85
    np.testing.assert_array_equal(found.twitch_train, truth.twitch_train)


def test_the_network_is_given_the_true_territories_and_the_whole_recording(known):
    recording, truth = known

    class Signals:
        frame_rate, thresholds = 100.0, {"firing": 0.5}

        def signals_of(self, velocity, frame_rate, spacing, territory):
            assert (frame_rate, spacing) == (100.0, (1.0, 0.5))
            np.testing.assert_array_equal(territory, truth.territory)
            train = np.einsum("tzx,kzx->kt", velocity, territory)
            return train, np.zeros_like(train)

    found = bound("trains_bound", recording, truth, Signals())
    expected = np.einsum("tzx,kzx->kt", recording.velocity, truth.territory)
    np.testing.assert_allclose(found.twitch_train, expected, rtol=1e-3, atol=1e-3)
    assert all(method(name).oracle for name in BOUNDS if name != "trains_bound")
    assert len(bound("trains_bound", recording, truth.select([]), Signals())) == 0


@pytest.mark.parametrize(
    ("seconds", "parts"), [(2.0, [200]), (7.4, [740]), (7.6, [380, 380]), (12.4, [620, 620])]
)
def test_the_network_looks_at_stretches_of_about_5_s_and_reads_firings_from_all_of_them(
    seconds, parts
):
    frames = round(100 * seconds)
    rng = np.random.default_rng(0)
    velocity = rng.standard_normal((frames, 3, 4)).astype(np.float32)
    truth = MotorUnits(np.ones((1, 3, 4)), np.zeros((1, frames)), [[0.1]], [1.0], 100.0, (1.0, 0.5))
    seen = []

    class Signals:
        frame_rate, thresholds = 100.0, {"firing": 0.5}

        def signals_of(self, part, *_):
            seen.append(len(part))
            firing = np.zeros((1, len(part)))
            firing[0, 100] = 0.6
            return part[None, :, 1, 2], firing

    found = bound("trains_bound", Recording(velocity, 100.0, (1.0, 0.5)), truth, Signals())
    assert seen == parts
    np.testing.assert_allclose(found.twitch_train[0], velocity[:, 1, 2], atol=1e-6)
    assert found.firings[0] == pytest.approx(np.cumsum([0, *parts])[:-1] / 100 + 1)


def test_territories_in_noise_are_smoothed_and_cut_as_fits_the_true_ones_best(known):
    recording, truth = known
    rng = np.random.default_rng(2)
    noise = 3 * rng.standard_normal(recording.velocity.shape).astype(np.float32)
    noisy = dataclasses.replace(recording, velocity=recording.velocity + noise)
    plain = dataclasses.replace(truth, territory=regressed_territories(noisy, truth))
    assert score_recording(plain, truth).units_matched == 0
    best = score_recording(bound("territories_bound", noisy, truth, None), truth)
    assert best.units_matched == 2


def test_territories_follow_from_trains_although_the_recording_drifts():
    rng = np.random.default_rng(1)
    place, train = rng.uniform(0.1, 0.9, (2, 3, 4)), rng.standard_normal((2, 900))
    drift = 5 * np.sin(np.arange(900) / 150)
    train[1] += 3 * drift
    velocity = np.einsum("kt,kzx->tzx", train, place) + drift[:, None, None]
    truth = MotorUnits(place, train, [[0.1]] * 2, [1.0, 0.9], 100.0, (1.0, 0.5))
    recording = Recording(velocity.astype(np.float32), 100.0, (1.0, 0.5))
    found = bound("territories_bound", recording, truth, None)
    np.testing.assert_allclose(found.territory, place, atol=0.02)
    # Without a network trains are those of least squares.
    plain = [bound(name, recording, truth, None) for name in ("trains_bound", "trains_bound_lsq")]
    np.testing.assert_array_equal(plain[0].twitch_train, plain[1].twitch_train)
