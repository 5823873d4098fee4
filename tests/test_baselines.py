import numpy as np
import pytest
from linear_world import linear_recording

from kmu import Recording
from kmu.baselines import spatial_ica
from kmu.config.baselines import SpatialIcaSettings
from kmu.evaluate import score_recording, summarise
from kmu.evaluate.tune import tune_kurtosis


@pytest.fixture(scope="module")
def linear():
    return [linear_recording(seed) for seed in range(100, 106)]


def test_spatial_ica_solves_a_linear_world(linear):
    summary = summarise([score_recording(spatial_ica(r), truth) for r, truth in linear])
    assert summary["f1"] > 0.8
    assert summary["twitch_train_correlation"] > 0.9
    assert summary["rate_of_agreement"] > 0.8


def test_the_kurtosis_threshold_is_the_best_of_those_tried(linear):
    tried = (1.0, 6.0, 60.0)
    best = tune_kurtosis(linear[:3], thresholds=tried)

    def f1(threshold):
        settings = SpatialIcaSettings(kurtosis=threshold)
        return summarise([score_recording(spatial_ica(r, settings), t) for r, t in linear[:3]])[
            "f1"
        ]

    assert f1(best.kurtosis) == max(f1(threshold) for threshold in tried)


def test_spatial_ica_gives_the_same_units_twice(linear):
    one, two = spatial_ica(linear[0][0]), spatial_ica(linear[0][0])
    assert np.array_equal(one.territory, two.territory)
    assert np.array_equal(one.twitch_train, two.twitch_train)


@pytest.mark.parametrize("shape", [(200, 64, 64), (50, 3, 5), (40, 1, 40), (2, 16, 16)])
def test_silence_has_no_units(shape):
    assert len(spatial_ica(Recording(np.zeros(shape), 100.0, (0.6, 0.6)))) == 0


def test_a_fine_and_fast_recording_is_answered_on_its_own_grid(linear):
    recording = linear[0][0]
    fine = Recording(
        recording.velocity.repeat(2, axis=1).repeat(2, axis=2).repeat(5, axis=0),
        500.0,
        (0.3125, 0.3125),
    )
    found = spatial_ica(fine)
    assert found.territory.shape[1:] == (128, 128)
    assert found.twitch_train.shape[1] == 1000
    # The same units as on the coarse grid, at the same places.
    coarse = spatial_ica(recording)
    assert abs(len(found) - len(coarse)) <= 2
    assert abs(found.mask.sum() / 4 / coarse.mask.sum() - 1) < 0.15
