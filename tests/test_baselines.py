import numpy as np
import pytest
from linear_world import linear_recording

from kmu import Recording
from kmu.baselines import BASELINES, spatial_ica
from kmu.baselines.averaging import average_map
from kmu.baselines.ica import windows
from kmu.baselines.separation import principal_maps, weighted_ica
from kmu.baselines.units import distinct, joint_trains, territory_of_map
from kmu.config.baselines import SpatialIcaSettings, TerritorySettings
from kmu.evaluation import score_recording, summarise
from kmu.evaluation.tune import tune_kurtosis

every_baseline = pytest.mark.parametrize("name", sorted(BASELINES))


@pytest.fixture(scope="module")
def linear():
    return [linear_recording(seed) for seed in range(100, 104)]


@pytest.fixture(scope="module")
def small():
    return [linear_recording(seed, units=6, size=40, frames=180, snr=15) for seed in range(2)]


def test_spatial_ica_solves_a_linear_world():
    # 3 to 30 units, 64 x 64, 2 s, 0 to 20 dB: what linear separation was made for.
    examples = (linear_recording(seed) for seed in range(100, 120))
    summary = summarise([score_recording(spatial_ica(r), truth) for r, truth in examples])
    assert summary["f1"] >= 0.9
    assert summary["twitch_train_correlation"] > 0.9
    assert summary["rate_of_agreement"] > 0.8


def test_the_kurtosis_threshold_is_the_best_of_those_tried(linear):
    tried = (1.0, 6.0, 60.0)
    best = tune_kurtosis(linear[:2], thresholds=tried)

    def f1(threshold):
        settings = SpatialIcaSettings(kurtosis=threshold)
        return summarise([score_recording(spatial_ica(r, settings), t) for r, t in linear[:2]])[
            "f1"
        ]

    assert f1(best.kurtosis) == max(f1(threshold) for threshold in tried)


def test_spatial_ica_gives_the_same_units_twice(linear):
    one, two = spatial_ica(linear[0][0]), spatial_ica(linear[0][0])
    assert np.array_equal(one.territory, two.territory)
    assert np.array_equal(one.twitch_train, two.twitch_train)


# What each must reach in the easiest world, without tuning, others 0.2: none is a straw man.
FLOORS = {
    "spatial_ica": 0.85,
    "stica": 0.8,
    "velbss_like": 0.85,
    "sta_oracle": 0.8,
    "temporal_ica": 0.6,
    "convolutive": 0.4,
}


@every_baseline
def test_every_baseline_finds_units_in_a_linear_world(small, name):
    scores = [
        score_recording(BASELINES[name].run(recording, truth=truth), truth)
        for recording, truth in small
    ]
    assert summarise(scores)["f1"] > FLOORS.get(name, 0.2)


@every_baseline
@pytest.mark.parametrize("shape", [(100, 24, 30), (50, 3, 5), (40, 1, 40), (2, 16, 16)])
def test_silence_has_no_units(name, shape):
    silence = Recording(np.zeros(shape), 100.0, (0.6, 0.6))
    assert len(BASELINES[name].run(silence)) == 0


@every_baseline
def test_pure_noise_does_not_break_a_baseline(name):
    noise = np.random.default_rng(0).normal(size=(100, 20, 24))
    found = BASELINES[name].run(Recording(noise, 100.0, (0.6, 0.6)))
    assert found.territory.shape[1:] == (20, 24)


@every_baseline
def test_one_unit_is_found(name):
    recording, truth = linear_recording(3, units=1, snr=20)
    found = BASELINES[name].run(recording, truth=truth)
    assert score_recording(found, truth).units_matched == 1


@every_baseline
def test_tuned_settings_can_be_read(name):
    assert type(BASELINES[name].tuned()) is type(BASELINES[name].settings)


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


def test_common_motion_stays_out_of_the_trains():
    recording, truth = linear_recording(5, units=4, snr=30, background=5.0)
    trains = joint_trains(recording.velocity, truth.territory, 0.01)
    for found, true in zip(trains, truth.twitch_train, strict=True):
        assert np.corrcoef(found, true)[0, 1] > 0.97


def test_duplicates_are_dropped_by_place_and_train_together():
    territory = np.zeros((3, 8, 8), np.float32)
    territory[:, 2:6, 2:6] = 1
    trains = np.random.default_rng(0).normal(size=(3, 100))
    trains[1] = trains[0]
    kept = distinct(territory, trains, np.array([1.0, 2.0, 3.0]), TerritorySettings())
    assert sorted(kept) == [1, 2]


def test_a_territory_is_the_connected_part_around_the_peak():
    values = np.zeros((30, 30))
    values[4:10, 4:10] = 1
    values[7, 7] = 0.2  # a hole
    values[20:26, 20:26] = 0.9
    territory = territory_of_map(values, (0.6, 0.6), TerritorySettings(smoothing=0))
    mask = territory >= 0.5
    assert mask.sum() == 36
    assert not mask[20:, 20:].any()


def test_windows_cover_the_image_and_overlap():
    covered = np.zeros((41, 64), int)
    for rows, columns in windows((41, 64), 3):
        covered[rows, columns] += 1
    assert covered.min() >= 1
    assert covered.max() >= 4


def test_singular_vectors_rebuild_the_matrix():
    rng = np.random.default_rng(0)
    for shape in ((20, 60), (60, 20)):
        matrix = rng.normal(size=shape).astype(np.float32)
        maps, courses = principal_maps(matrix, 100)
        assert courses @ maps.T == pytest.approx(matrix, abs=1e-4)
        assert (maps**2).mean(0) == pytest.approx(np.ones(maps.shape[1]))


@pytest.mark.parametrize("weights", [(1.0, 0.0), (0.5, 0.5)])
def test_shared_rotation_separates_independent_maps(weights):
    rng = np.random.default_rng(0)
    true, courses = rng.laplace(size=(4000, 4)), rng.laplace(size=(500, 4))
    turn = np.linalg.qr(rng.normal(size=(4, 4)))[0]
    blocks = [(block - block.mean(0)) / block.std(0) @ turn for block in (true, courses)]
    maps, _ = weighted_ica((blocks[0], blocks[1]), weights, 200)
    correlation = np.abs(np.corrcoef(maps.T, true.T)[:4, 4:])
    assert correlation.max(0).min() > 0.95


def test_the_spike_triggered_average_shows_the_unit():
    recording, truth = linear_recording(8, units=1, snr=10)
    values, share = average_map(recording.velocity, 100.0, truth.firings[0], 0.0, 0.2)
    assert share > 0.5
    assert np.corrcoef(values.ravel(), truth.territory[0].ravel())[0, 1] > 0.9


def test_an_oracle_without_firings_finds_nothing(linear):
    assert len(BASELINES["sta_oracle"].run(linear[0][0])) == 0
