"""Upper bounds: methods that are told half of the truth and asked for the other half."""

import numpy as np
import pytest
from made_recordings import twitching

from kmu.evaluation.bounds import BOUNDS, bound
from kmu.evaluation.methods import method
from kmu.evaluation.scores import score_recording
from kmu.motor_units import MotorUnits

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
