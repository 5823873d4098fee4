"""Scores, agreement and calibration of made-up results, each number worked by hand."""

import dataclasses

import numpy as np
import pytest
from made_units import two_units
from scipy.special import expit, logit

from kmu.errors import InputError
from kmu.evaluation.agreement import rate_of_agreement
from kmu.evaluation.calibration import fit_scaling, labelled_firings, rescaled
from kmu.evaluation.firing_scores import score_firings
from kmu.evaluation.intervals import (
    INTERVAL_KEYS,
    bootstrap_intervals,
    breakdowns,
    resampled,
    synchronization,
)
from kmu.evaluation.match import assign, check_same_grid, mask_overlap
from kmu.evaluation.measures import mean_after_firings
from kmu.evaluation.scores import RecordingScores, failed_recording, summarise
from kmu.motor_units import MotorUnits

NAN = float("nan")
FIRST = RecordingScores(
    units_found=4, units_true=5, units_matched=3, matched_at=(4, 4, 3, 2, 1, 0),
    redundant=1, merged=2, missed=2,
    iou=np.array([0.5, 0.6, 0.7]), dice=np.array([0.6, 0.7, 0.8]),
    centroid_distance=np.array([1.0, 2.0, 3.0]),
    twitch_train_correlation=np.array([0.1, 0.2, 0.3]),
    averaged_twitch_correlation=np.array([0.4, 0.5, 0.6]),
    rate_of_agreement=np.array([[0.1, 0.2, 0.3], [0.2, 0.3, 0.4], [0.3, 0.4, 0.8]]),
    firing_error=np.array([1.0, NAN, 3.0]), rate_of_agreement_lag_0=np.array([0.05, 0.1, 0.15]),
    lag=np.array([NAN, 4.0, 8.0]), firing_precision=np.array([0.7, 0.8, 0.9]),
    firing_recall=np.array([0.2, 0.4, 0.6]), detected=np.array([1, 1, 0, 1, 0], bool),
    nearest_centre=np.array([1.0, 1.25, 2.0, 5.0, np.inf]), size=np.array([9.0, 10, 20, 39, 40]),
    depth=np.array([5.0, 10, 15, 25, 35]), seconds=2.0, peak_memory=100.0,
)  # fmt: skip
SECOND = RecordingScores(
    units_found=2, units_true=1, units_matched=1, matched_at=(1, 1, 1, 1, 1, 0),
    iou=np.array([0.9]), dice=np.array([0.95]), centroid_distance=np.array([0.5]),
    twitch_train_correlation=np.array([0.9]), averaged_twitch_correlation=np.array([0.8]),
    rate_of_agreement=np.array([[0.5, 0.6, 0.7]]), firing_error=np.array([2.0]),
    rate_of_agreement_lag_0=np.array([0.3]), lag=np.array([-3.0]),
    firing_precision=np.array([0.6]), firing_recall=np.array([1.0]), detected=np.array([True]),
    nearest_centre=np.array([np.inf]), size=np.array([15.0]), depth=np.array([12.0]),
    peak_memory=300.0,
)  # fmt: skip
EMPTY = RecordingScores(units_found=0, units_true=0)


def test_a_summary_pools_counts_and_averages_over_matched_units():
    expected = {
        "precision": 4 / 6, "recall": 4 / 6, "f1": 8 / 12, "iou": 2.7 / 4, "dice": 3.05 / 4,
        "f1_iou_30_to_80": 2 * (5 + 5 + 4 + 3 + 2 + 0) / 12 / 6, "centroid_distance_mm": 6.5 / 4,
        "twitch_train_correlation": 1.5 / 4, "averaged_twitch_correlation": 2.3 / 4,
        "rate_of_agreement_5ms": 1.1 / 4, "rate_of_agreement": 1.5 / 4,
        "rate_of_agreement_20ms": 2.2 / 4, "rate_of_agreement_lag_0": 0.6 / 4,
        "firing_error_ms": 2.0, "lag_ms": 3.0, "firing_precision": 3.0 / 4,
        "firing_recall": 2.2 / 4, "units_matched": 4, "units_true": 6, "units_found": 6,
        "redundant": 1, "merged": 2, "missed": 2, "recordings": 2,
        "false_units_per_recording": 1.0, "seconds_per_recording": 2.0, "peak_memory_mib": 200.0,
    }  # fmt: skip
    assert summarise([FIRST, SECOND], detailed=True) == pytest.approx(expected)
    assert summarise([], detailed=True)["false_units_per_recording"] == 0
    assert bootstrap_intervals([], 9) == bootstrap_intervals([FIRST], 0) == {}


@pytest.mark.parametrize("weights", [(1, 0, 0), (0, 1, 0), (2, 1, 0), (1, 2, 3), (0, 0, 2)])
def test_resampled_scores_are_those_of_recordings_counted_several_times(weights):
    some = (FIRST, SECOND, EMPTY)
    repeated = [score for score, count in zip(some, weights, strict=True) for _ in range(count)]
    summary = summarise(repeated, detailed=True)
    found = resampled(some, np.array([weights], float))
    for key in INTERVAL_KEYS:
        # Where no firing matched the error is unknown; sums of nothing are 0.
        assert found[key] == pytest.approx([np.nan_to_num(summary[key])]), key


def test_a_recording_without_units_has_no_values():
    for field in dataclasses.fields(EMPTY):
        value = getattr(EMPTY, field.name)
        assert not isinstance(value, np.ndarray) or value.size == 0, field.name
    assert EMPTY.matched_at == (0,) * 6


def test_the_error_of_firings_counts_those_within_20_ms():
    truth = np.arange(0.5, 3.5, 0.5)
    off = 0.001 * np.array([1, -1, 9, -9, 19, -19])
    scores = score_firings(truth + off, truth)
    assert (scores.lag, scores.error) == pytest.approx((0, 9))
    assert (scores.precision, scores.recall) == (4 / 6, 4 / 6)


def test_what_failed_has_found_nothing():
    scores = failed_recording(two_units(), seconds=3.0)
    assert (scores.units_found, scores.units_true, scores.missed) == (0, 2, 2)
    assert not scores.detected.any()
    assert scores.seconds == 3
    dear = scores.with_cost(5.0, 70.0)
    assert (dear.seconds, dear.peak_memory, dear.missed) == (5, 70, 2)


def test_breakdowns_sort_recordings_and_units_into_bins_from_an_edge_on():
    table = breakdowns([FIRST, SECOND], [{"snr_db": 5.0}, {"snr_db": 25.0, "synchronization": 0}])
    limits = {
        name: [(row["low"], row["high"], row.get("units", row.get("recordings"))) for row in rows]
        for name, rows in table.items()
    }
    assert limits == {
        "units_true": [(0, 5, 1), (5, 10, 1)],
        "snr_db": [(5, 10, 1), (25, None, 1)],
        "synchronization": [(0, 0.02, 1)],
        "nearest_centre": [(0, 1.25, 1), (1.25, 2.5, 2), (4, None, 3)],
        "size": [(0, 10, 1), (10, 20, 2), (20, 30, 1), (30, 40, 1), (40, None, 1)],
        "depth": [(0, 10, 1), (10, 20, 3), (20, 30, 1), (30, None, 1)],
    }
    assert [row["recall"] for row in table["size"]] == [1, 1, 0, 1, 0]
    assert [row["recall"] for row in table["nearest_centre"]] == pytest.approx([1, 0.5, 2 / 3])
    assert [row["recall"] for row in table["units_true"]] == pytest.approx([1, 0.6])
    assert breakdowns([], [])["size"] == []
    counts = (0, 5, 10, 15, 20, 30, 40, 60)
    ratios = (-9.0, 5, 10, 15, 20, 25)
    many = [dataclasses.replace(EMPTY, units_true=count) for count in counts]
    together = (-0.5, 0.0, 0.02, 0.05, -0.01, 0.019, 0.049, 0.9)
    noisy = [
        {"snr_db": ratio, "synchronization": share}
        for ratio, share in zip((*ratios, NAN, NAN), together, strict=True)
    ]
    table = breakdowns(many, noisy)
    assert [row["low"] for row in table["units_true"]] == list(counts)
    assert [row["low"] for row in table["snr_db"]] == [None, *ratios[1:]]
    rows = [(row["low"], row["recordings"]) for row in table["synchronization"]]
    assert rows == [(None, 2), (0, 2), (0.02, 2), (0.05, 2)]


def test_synchronization_is_the_share_together_less_that_by_chance():
    window = 1 / 128
    few, many = np.array([0.125, 0.25, 0.5]), np.array([0.125 + window, 0.3, 0.49, 0.7])
    # Beyond all others, and before them.
    late, early = np.array([0.8]), np.array([0.05, 0.0625])

    def excess(share, count, seconds=2.0):
        return share - (1 - np.exp(-2 * window * count / seconds))

    assert synchronization([few, many], 2.0, window) == pytest.approx(excess(1 / 3, 4))
    assert synchronization([many, np.zeros(0), few], 2.0, window) == pytest.approx(excess(1 / 3, 4))
    pairs = [excess(1 / 3, 4), excess(0, 3), excess(0, 4)]
    assert synchronization([few, many, late], 2.0, window) == pytest.approx(np.mean(pairs))
    together = 0.5 - (1 - np.exp(-2 / 16 * 3 / 2))
    assert synchronization([early, few], 2.0, 1 / 16) == pytest.approx(together)
    brief = synchronization([few, many], 0.75, window)
    assert brief == pytest.approx(excess(1 / 3, 4, 0.75))
    assert synchronization([late + 0.004, late], 2.0) > 0.9 > 0 > synchronization([few, late], 2.0)


def test_of_lags_with_as_many_pairs_the_smallest_deviations_count_then_the_smallest_lag():
    truth = np.array([0.5, 1.0, 1.6])
    late = rate_of_agreement(truth + np.array([0.020, 0.020, 0.026]), truth)
    assert late == (1.0, 3, pytest.approx(0.020))
    between = rate_of_agreement(np.array([0.5]), np.array([0.44, 0.55]))
    assert between == (0.5, 1, pytest.approx(-0.05))
    # Beyond the largest lag by no more than the tolerance.
    far = rate_of_agreement(truth + 0.105, truth)
    assert (far.matched, 0.09 < far.lag <= 0.1) == (3, True)
    assert rate_of_agreement(truth + 0.1105, truth) == (0.0, 0, 0.0)
    nothing = np.zeros(0)
    assert rate_of_agreement(nothing, nothing) == (1.0, 0, 0.0)
    assert rate_of_agreement(truth, nothing, lag=0.02) == (0.0, 0, 0.02)


def test_of_firings_nearest_to_one_true_firing_the_highest_is_right():
    reach = 1 / 64
    found = [np.array([0.5 - reach, 0.5, 1 + reach, 1 + 2 * reach]), np.array([0.519, 0.7, 0.921])]
    peak = [np.array([0.3, 0.9, 0.4, 0.8]), np.array([0.1, 0.2, 0.3])]
    truth = [np.array([0.5, 1.0]), np.array([0.5, 0.9])]
    height, right = labelled_firings(found[:1], peak[:1], truth[:1], reach)
    assert height.tolist() == [0.3, 0.9, 0.4, 0.8]
    assert right.tolist() == [False, True, True, False]
    assert labelled_firings(found[1:], peak[1:], truth[1:])[1].tolist() == [True, False, False]
    assert labelled_firings(found[:1], peak[:1], [np.zeros(0)])[1].tolist() == [False] * 4
    assert labelled_firings([], [], [])[0].shape == (0,)


def test_scaling_two_scores_gives_the_smoothed_shares_that_are_true():
    score = np.repeat([0.3, 0.8], 10)
    true = np.r_[np.arange(10) < 2, np.arange(10) < 7]
    # Platt: of 9 true and 11 false ones the targets are 10/11 and 1/13.
    share = [(n * 10 / 11 + (10 - n) / 13) / 10 for n in (2, 7)]
    scale = (logit(share[1]) - logit(share[0])) / (logit(0.8) - logit(0.3))
    offset = logit(share[0]) - scale * logit(0.3)
    assert fit_scaling(score, true) == pytest.approx((scale, offset), abs=2e-3)
    # The other way round the order still stays.
    assert fit_scaling(score, ~true)[0] == pytest.approx(0.05)
    nearly = fit_scaling(np.repeat([0.499, 0.501], 10), np.arange(20) >= 10)
    assert nearly[0] == pytest.approx(20)
    np.testing.assert_allclose(rescaled([0.5, 0.8], 2, 0), [0.5, 16 / 17], rtol=1e-6)
    np.testing.assert_allclose(rescaled([0.5], 2, 1), expit(1), rtol=1e-6)
    np.testing.assert_allclose(rescaled([0.0, 1.0], 1, 0), [1e-6, 1 - 1e-6], rtol=1e-6)


def test_a_twitch_is_averaged_over_the_firings_with_all_of_their_200_ms():
    train = np.random.default_rng(0).normal(size=200).astype(np.float32)
    expected = (train[:20] + train[12:32] + train[180:]) / 3
    firings = np.array([-0.01, 0.0, 0.124, 1.8, 1.81])
    np.testing.assert_allclose(mean_after_firings(train, firings, 100.0), expected, atol=1e-6)
    assert mean_after_firings(train, np.array([-1.0]), 100.0).tolist() == [0] * 20
    assert mean_after_firings(train, firings, 5.0).shape == (2,)


def test_as_many_pairs_as_possible_come_first_then_overlap_then_trains():
    def pairs(*given):
        return [side.tolist() for side in assign(*(np.array(one) for one in given))]

    assert pairs([[0.9, 0.5], [0.5, 0.1]], 0.4) == [[1, 0], [0, 1]]
    assert pairs([[0.9, 0.5], [0.5, 0.1]], 0.6) == [[0], [0]]
    assert pairs([[0.6, 0.601]], 0.5, [[1.0, -1.0]]) == [[0], [1]]
    assert pairs([[0.6, 0.6]], 0.5, [[-1.0, 1.0]]) == [[0], [1]]
    assert pairs(np.zeros((0, 3)), 0.5) == [[], []]


def test_overlap_is_counted_in_pixels():
    found, truth = np.zeros((2, 4, 5), bool), np.zeros((2, 4, 5), bool)
    found[0, :2, :3], truth[0, 1:3, 1:] = True, True
    overlap, covered = mask_overlap(found, truth)
    np.testing.assert_allclose(overlap, [[2 / 12, 0], [0, 0]])
    np.testing.assert_allclose(covered, [[2 / 8, 0], [0, 0]])


def test_rates_that_differ_by_rounding_are_the_same():
    one = two_units()

    def at(rate, spacing=(0.5, 1.0)):
        return MotorUnits(one.territory, one.twitch_train, one.firings, one.score, rate, spacing)

    check_same_grid(one, at(100.05))
    for other in (at(100.2), at(100.0, (0.5, 1.002))):
        with pytest.raises(InputError, match="own grid"):
            check_same_grid(one, other)
