"""Formulas against another source: brute force, scikit-learn, scipy, or worked by hand."""

import itertools
import re
from pathlib import Path

import numpy as np
import pytest
from scipy.ndimage import map_coordinates
from scipy.stats import bootstrap
from sklearn.calibration import calibration_curve

from kmu import evaluation
from kmu.analysis.physiology import after_firings, measure, twitch_measures
from kmu.analysis.quality import measure_quality, power_share
from kmu.evaluation.agreement import LARGEST_LAG, rate_of_agreement
from kmu.evaluation.calibration import reliability
from kmu.evaluation.intervals import bootstrap_intervals
from kmu.evaluation.scores import score_recording, summarise
from kmu.formulas import centroids, pearson, solve_ridge, stretched
from kmu.identification.resample import RecordingFrames
from kmu.motor_units import MotorUnits
from kmu.recording import Recording
from kmu.train.thresholds import GIVEN_UP, SCORES, choose_score_threshold

# Where each stands. What is differentiated or exported is written with keras.ops, apart from these.
ONCE = {
    r"def \w*(pearson|row_correlation|correlation\()": "formulas.py",
    r"def \w*centroid": "formulas.py",
    r"\* np\.trace\(": "formulas.py",  # of a ridge
    r"\"-\" \*": "evaluation/table.py",  # the ruler of a table
    r"def averaged_twitch": "analysis/physiology.py",
    r"signal\.butter\(": "velocity/estimation.py",
    r"def (\w*_)?band_pass\(": "velocity/estimation.py",
}


@pytest.mark.parametrize("formula", ONCE)
def test_a_formula_is_written_once(formula):
    """Two ways to one measure came to differ by half a pixel, or by the edges of a filter."""
    root = Path(evaluation.__file__).parents[1]
    differentiated = {*root.glob("models/*.py"), root / "train" / "losses.py"}
    files = {*root.rglob("*.py")} - differentiated
    found = [path for path in files if re.search(formula, path.read_text(encoding="utf-8"))]
    assert found == [root / ONCE[formula]]


def test_pearson_is_that_of_numpy_for_every_pair_and_unknown_for_a_constant():
    rng = np.random.default_rng(5)
    first, second = rng.normal(size=(3, 50)), rng.normal(size=(4, 50)).astype(np.float32)
    np.testing.assert_allclose(
        pearson(first[:, None], second), np.corrcoef(first, second)[:3, 3:], atol=1e-7
    )
    assert pearson(first[0], 3 * first[0] + 2) == pytest.approx(1)
    assert np.isnan(pearson(first, np.ones(50))).all()
    assert pearson(np.zeros((0, 1, 50)), second).shape == (0, 4)


def test_a_centroid_is_counted_from_the_edges_of_the_image():
    masks = np.zeros((3, 6, 8))
    masks[0, 0, 0] = 1
    masks[1, 2:4, 5:8] = 1
    expected = [[0.25, 0.1], [1.5, 1.3], [0, 0]]
    np.testing.assert_allclose(centroids(masks, (0.5, 0.2)), expected, atol=1e-12)
    # Three times as heavy on the right.
    weights = np.array([[[1.0, 0.0, 3.0]]])
    np.testing.assert_allclose(centroids(weights, (1.0, 1.0)), [[0.5, 2.0]])


def test_a_units_depth_is_the_same_for_scores_and_in_the_table_of_units():
    unit = one_unit([0.1, 0.5, 0.9])
    assert score_recording(unit, unit).depth == pytest.approx(measure(unit)["centroid_depth"])
    assert measure(unit)["centroid_depth"] == pytest.approx(3.5)


def test_the_ridge_is_relative_to_the_mean_diagonal_and_copes_with_nothing():
    found = solve_ridge(np.diag([4.0, 6.0]), np.array([[4.5], [6.5]]), 0.1)
    np.testing.assert_allclose(found, [[1], [1]])
    assert solve_ridge(np.zeros((0, 0)), np.zeros((0, 5)), 0.1).shape == (0, 5)
    assert not solve_ridge(np.zeros((2, 2)), np.zeros(2), 0.1).any()


def test_images_are_stretched_by_straight_lines_between_the_middles_of_pixels():
    images = np.random.default_rng(6).uniform(size=(2, 5, 4))
    made = stretched(images, (1.0, 0.6), (10, 12), (0.5, 0.2))
    at = np.meshgrid(np.arange(10) / 2 - 0.25, (np.arange(12) + 0.5) / 3 - 0.5, indexing="ij")
    for one, other in zip(made, images, strict=True):
        expected = map_coordinates(other, at, order=1, mode="nearest")
        np.testing.assert_allclose(one, expected, atol=1e-6)


def test_a_firing_between_two_frames_counts_for_both():
    design = after_firings(np.array([0.0225, -0.01, 5.0]), 100.0, 6)
    assert design.shape == (6, 30)
    expected = np.zeros((6, 30))
    for row in range(6):
        expected[row, row + 1] = 1  # the frame before the first
        for frame, weight in ((2, 0.75), (3, 0.25)):
            if row >= frame:
                expected[row, row - frame] += weight
    np.testing.assert_allclose(design, expected, atol=1e-12)


def most_pairs(found, truth, tolerance):
    """The largest one-to-one matching, by trying all of them."""
    short, long = sorted((list(found), list(truth)), key=len)
    return max(
        sum(abs(a - b) <= tolerance + 1e-9 for a, b in zip(short, chosen, strict=True))
        for chosen in itertools.permutations(long, len(short))
    )


@pytest.mark.parametrize("tolerance", [0.005, 0.010, 0.020])
def test_as_many_firings_match_as_in_the_best_of_all_pairings(tolerance):
    rng = np.random.default_rng(0)
    for _ in range(40):
        found = np.unique(rng.integers(0, 100, rng.integers(1, 6))) / 1000
        truth = np.unique(rng.integers(0, 100, rng.integers(1, 6))) / 1000
        result = rate_of_agreement(found, truth, tolerance, lag=0.0)
        pairs = most_pairs(found, truth, tolerance)
        assert result.matched == pairs
        assert result.rate == pytest.approx(pairs / (len(found) + len(truth) - pairs))


def test_the_three_tolerances_of_a_score_are_5_10_and_20_ms_and_the_usual_one_is_10():
    truth = np.array([0.2, 0.4, 0.6, 0.8, 1.0, 1.2, 1.4, 1.6])
    # Around one lag of 0: two firings off by 3 ms, two by 8, two by 15, two by 30.
    found = truth + 0.001 * np.array([3, -3, 8, -8, 15, -15, 30, -30])
    by_hand = {0.005: 2 / 14, 0.010: 4 / 12, 0.020: 6 / 10}
    for tolerance, rate in by_hand.items():
        assert rate_of_agreement(found, truth, tolerance, lag=0.0).rate == pytest.approx(rate)
    assert rate_of_agreement(found, truth, lag=0.0).rate == pytest.approx(4 / 12)


def test_the_columns_of_a_score_are_those_tolerances():
    # Six firings are exact, which holds the lag at 0; two are off by 8 ms and two by 19.
    truth = np.arange(0.1, 1.6, 0.15)[:10]
    found = truth + 0.001 * np.array([0, 0, 0, 8, -8, 0, 0, 0, 19, -19])
    summary = summarise([score_recording(one_unit(found), one_unit(truth))], detailed=True)
    rates = [summary[f"rate_of_agreement{name}"] for name in ("_5ms", "", "_20ms")]
    assert rates == pytest.approx([6 / 14, 8 / 12, 1])


def one_unit(times):
    territory = np.zeros((1, 6, 6), np.float32)
    territory[0, 2:5, 2:5] = 1
    train = np.sin(np.arange(200, dtype=np.float32))[None]
    return MotorUnits(territory, train, [np.asarray(times)], [1.0], 100.0, (1.0, 1.0))


def test_lags_up_to_100_ms_are_taken_off_and_no_longer_ones():
    rng = np.random.default_rng(1)
    truth = np.cumsum(rng.uniform(0.3, 0.5, 20))
    near, far = (rate_of_agreement(truth + lag, truth) for lag in (0.095, 0.15))
    assert near.rate == 1
    assert near.lag == pytest.approx(0.095)
    assert abs(far.lag) <= LARGEST_LAG + 1e-6 == 0.1 + 1e-6
    assert far.rate < 0.2


def test_the_reliability_curve_is_that_of_scikit_learn():
    rng = np.random.default_rng(2)
    score = rng.uniform(size=500)
    true = rng.uniform(size=500) < score**2
    curve = reliability(score, true)
    share, mean = calibration_curve(true, score, n_bins=10)
    np.testing.assert_allclose([row.true for row in curve], share)
    np.testing.assert_allclose([row.score for row in curve], mean)


def test_intervals_are_those_of_scipy():
    truth = one_unit([0.1, 0.5])
    nothing = truth.select([])
    scores = [score_recording(truth if k % 3 else nothing, truth) for k in range(30)]
    low, high = bootstrap_intervals(scores, 4000)["recall"]
    hits = np.array([float(k % 3 > 0) for k in range(30)])
    theirs = bootstrap((hits,), np.mean, method="percentile", n_resamples=4000, rng=0)
    # One recording more or less is 1/30.
    limits = theirs.confidence_interval
    assert (low, high) == pytest.approx((limits.low, limits.high), abs=1 / 29)


def test_explained_variance_is_the_units_share_of_the_power():
    rng = np.random.default_rng(3)
    course = np.sin(2 * np.pi * 10 * np.arange(3000) / 100)
    noise = rng.normal(0, 0.5, (3000, 6, 6))
    unit = one_unit([0.1, 0.5, 0.9])
    unit = MotorUnits(
        unit.territory, course[None].astype(np.float32), unit.firings, [1.0], 100.0, (1.0, 1.0)
    )
    velocity = course[:, None, None] * unit.territory[0] + noise
    recording = Recording(velocity.astype(np.float32), 100.0, (1.0, 1.0))
    found = measure_quality(unit, RecordingFrames(recording))
    # Power 0.5 of the sine; 0.25 of white noise, of which 97 % is left without the drift.
    assert found["explained_variance"][0] == pytest.approx(0.5 / 0.75, abs=0.015)
    assert found["signal_to_noise"][0] == pytest.approx(10 * np.log10(0.5 / 0.25), abs=0.25)


def test_the_power_band_is_6_to_14_hz():
    time = np.arange(4000) / 100
    for frequency, share in ((3, 0), (4.5, 0), (7, 1), (10, 1), (13, 1), (15.5, 0), (20, 0)):
        sine = np.sin(2 * np.pi * frequency * time)[None].astype(np.float32)
        assert power_share(sine, 100.0)[0] == pytest.approx(share, abs=0.02), frequency
    both = np.sin(2 * np.pi * 10 * time) + np.sin(2 * np.pi * 30 * time)
    assert power_share(both[None].astype(np.float32), 100.0)[0] == pytest.approx(0.5, abs=0.02)


@pytest.mark.parametrize("rate", [100.0, 400.0, 1000.0])
def test_the_contraction_time_is_when_the_velocity_changes_its_sign(rate):
    # A displacement of sin^2 that is highest after 60 ms, so back to half of it 30 ms later.
    time = np.arange(0, 0.12, 1 / rate)
    velocity = np.sin(2 * np.pi * time / 0.12)
    found = twitch_measures(np.append(velocity, np.zeros(round(0.1 * rate))), rate)
    assert found["contraction_time"] == pytest.approx(60, abs=0.3)
    assert found["half_relaxation_time"] == pytest.approx(30, abs=0.6)


def test_of_equally_good_score_thresholds_the_highest_is_taken():
    # True units score 0.72 and more, false ones 0.28 and less: 0.3 to 0.7 are equally right.
    territory = np.zeros((20, 1, 100), np.float32)
    for k in range(20):
        territory[k, 0, 5 * k : 5 * k + 4] = 1
    train = np.random.default_rng(4).normal(size=(20, 20)).astype(np.float32)
    score = np.r_[np.full(10, 0.72), np.full(10, 0.28)]
    found = MotorUnits(territory, train, [np.zeros(0)] * 20, score, 100.0, (1.0, 1.0))
    assert choose_score_threshold([(found, found.select(range(10)))]) == 0.7
    assert {0.3, 0.7} <= set(SCORES)
    assert 0 < GIVEN_UP < 0.01
