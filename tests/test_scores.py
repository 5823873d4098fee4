import warnings

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from made_units import two_units

from kmu import MotorUnits
from kmu.evaluation.agreement import rate_of_agreement
from kmu.evaluation.firing_scores import score_firings
from kmu.evaluation.measures import likeness, mean_after_firings
from kmu.evaluation.scores import score_recording, summarise

times = st.lists(st.integers(0, 2000), max_size=25).map(lambda t: np.sort(np.array(t, float)) / 1e3)


@settings(max_examples=200, deadline=None)
@given(times, times)
def test_rate_of_agreement_lies_in_0_to_1_and_is_symmetric(first, second):
    agreement = rate_of_agreement(first, second)
    assert 0 <= agreement.rate <= 1
    assert agreement.matched <= min(len(first), len(second))
    assert agreement.rate == pytest.approx(rate_of_agreement(second, first).rate)


@settings(max_examples=200, deadline=None)
@given(times, times, st.data())
def test_rate_of_agreement_cannot_be_raised_by_duplicating_firings(found, truth, data):
    assume(len(found))
    copies = data.draw(st.lists(st.sampled_from(list(found)), min_size=1, max_size=30))
    more = np.sort(np.concatenate([found, copies]))
    assert rate_of_agreement(more, truth).rate <= rate_of_agreement(found, truth).rate


@settings(max_examples=100, deadline=None)
@given(times, times)
def test_the_lag_found_is_the_best_there_is(found, truth):
    best = rate_of_agreement(found, truth).matched
    tried = [
        rate_of_agreement(found, truth, lag=lag).matched for lag in np.arange(-95, 96, 5) / 1e3
    ]
    assert best >= max(tried)


@settings(max_examples=50, deadline=None)
@given(times, st.floats(-0.09, 0.09))
def test_a_constant_lag_costs_nothing(truth, lag):
    distinct = np.unique(truth)
    assert rate_of_agreement(distinct + lag, distinct).rate == 1


def test_a_changing_lag_costs():
    truth = np.arange(0, 2, 0.2)
    drifting = truth + np.linspace(0, 0.08, len(truth))
    assert rate_of_agreement(drifting, truth).rate < 0.5


def test_one_firing_never_counts_twice():
    agreement = rate_of_agreement(np.array([1.0]), np.array([0.997, 1.003]))
    assert (agreement.matched, agreement.rate) == (1, 0.5)


def test_a_perfect_result_scores_one_everywhere():
    truth = two_units()
    summary = summarise([score_recording(truth, truth)], detailed=True)
    ones = [
        "precision", "recall", "f1", "f1_iou_30_to_80", "iou", "dice", "twitch_train_correlation",
        "averaged_twitch_correlation", "rate_of_agreement", "rate_of_agreement_5ms",
        "rate_of_agreement_20ms", "rate_of_agreement_lag_0", "firing_precision", "firing_recall",
    ]  # fmt: skip
    assert {key: summary[key] for key in ones} == pytest.approx(dict.fromkeys(ones, 1.0))
    assert summary["centroid_distance_mm"] == summary["firing_error_ms"] == 0
    assert (summary["redundant"], summary["merged"], summary["missed"]) == (0, 0, 0)


def test_firing_error_is_the_deviation_after_one_lag():
    truth = two_units()
    every = np.arange(0.1, 1.8, 0.08)[:20]
    early_and_late = every + 0.04 + np.tile([-0.004, -0.003, 0, 0.003, 0.004], 4)
    true, found = (
        MotorUnits(truth.territory, truth.twitch_train, [times] * 2, [1, 0.5], 100.0, (0.5, 1.0))
        for times in (every, early_and_late)
    )
    summary = summarise([score_recording(found, true)], detailed=True)
    assert summary["firing_error_ms"] == pytest.approx(3, abs=1e-6)


def test_times_that_are_late_agree_only_after_the_lag():
    every = np.arange(0.1, 1.8, 0.08)[:20]
    late = score_firings(every + 0.03, every)
    assert late.rates == (1.0, 1.0, 1.0)
    assert (late.rate_at_lag_0, late.lag) == (0.0, pytest.approx(30.0))
    assert score_firings(every - 0.004, every).lag == pytest.approx(-4.0)
    truth = two_units()
    true, found = (
        MotorUnits(truth.territory, truth.twitch_train, times, [1, 0.5], 100.0, (0.5, 1.0))
        for times in ([every] * 2, [every + 0.03, every + 0.012])
    )
    summary = summarise([score_recording(found, true)], detailed=True)
    assert summary["lag_ms"] == pytest.approx(21.0)
    assert (summary["rate_of_agreement"], summary["rate_of_agreement_lag_0"]) == (1.0, 0.0)


def test_firings_have_precision_and_recall():
    every = np.arange(0.1, 1.8, 0.08)[:20]
    extra = np.sort(np.concatenate([every[:15], every[:5] + 0.04]))
    scores = score_firings(extra, every)
    assert (scores.precision, scores.recall) == (15 / 20, 15 / 20)
    few = score_firings(every[::2], every)
    assert (few.precision, few.recall) == (1.0, 0.5)
    none = np.zeros(0)
    assert score_firings(none, every)[-2:] == (0.0, 0.0)
    assert score_firings(every, none)[-2:] == (0.0, 0.0)
    assert score_firings(none, none)[-2:] == (1.0, 1.0)
    assert np.isnan(score_firings(none, every).lag)


def test_without_a_matched_firing_the_firing_error_is_unknown():
    truth = two_units()
    silent = MotorUnits(
        truth.territory, truth.twitch_train, [np.zeros(0)] * 2, [1, 0.5], 100.0, (0.5, 1.0)
    )
    scores = score_recording(silent, truth)
    assert np.isnan(summarise([scores], detailed=True)["firing_error_ms"])
    half = summarise([scores, score_recording(truth, truth)], detailed=True)
    assert half["firing_error_ms"] == 0


def test_the_order_of_the_units_changes_nothing():
    truth, found = two_units(), two_units(1)
    swapped = MotorUnits(
        found.territory, found.twitch_train, found.firings, [0.1, 0.9], 100.0, (0.5, 1.0)
    )
    assert not np.array_equal(swapped.territory, found.territory)
    one, two = (summarise([score_recording(f, truth)], detailed=True) for f in (found, swapped))
    assert {k: v for k, v in one.items() if v == v} == pytest.approx(
        {k: v for k, v in two.items() if v == v}
    )


def test_an_empty_result_has_recall_0_without_a_warning():
    truth = two_units()
    none = MotorUnits.none((200, 10, 12), 100.0, (0.5, 1.0))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        missed, invented, silence = (
            summarise([score_recording(found, true)], detailed=True)
            for found, true in ((none, truth), (truth, none), (none, none))
        )
    assert (missed["recall"], missed["f1"], missed["missed"]) == (0, 0, 2)
    assert (invented["precision"], invented["f1"]) == (0, 0)
    assert silence["f1"] == 1
    assert missed["rate_of_agreement"] == 0


def test_no_recordings_at_all_can_be_summarised():
    assert summarise([])["units_true"] == 0


def test_counts_are_pooled_over_recordings():
    truth = two_units()
    none = MotorUnits.none((200, 10, 12), 100.0, (0.5, 1.0))
    scores = [score_recording(truth, truth, seconds=1.0), score_recording(none, truth, seconds=3.0)]
    summary = summarise(scores)
    assert (summary["recall"], summary["precision"]) == (0.5, 1.0)
    assert summary["f1"] == pytest.approx(2 / 3)
    assert summary["iou"] == 1
    assert summary["seconds_per_recording"] == 2
    assert set(summary) == {
        "precision", "recall", "f1", "iou", "twitch_train_correlation", "rate_of_agreement",
        "units_matched", "units_true", "seconds_per_recording",
    }  # fmt: skip


def test_every_true_unit_is_described_in_millimetres():
    score = score_recording(two_units(), two_units())
    assert score.size == pytest.approx([8.0, 10.0])
    # A pixel is 0.5 mm high, and its middle is where it is.
    assert score.depth == pytest.approx([1.5, 3.5])
    assert score.nearest_centre == pytest.approx([np.hypot(2.0, 5.5)] * 2)


def test_an_inverted_train_correlates_negatively():
    train = np.sin(np.arange(50.0))
    assert likeness(train, -train) == pytest.approx(-1)
    assert likeness(train, np.ones(50)) == 0


def test_the_averaged_twitch_is_the_twitch_of_a_clean_train():
    twitch = np.hanning(20)
    train = np.zeros(200, np.float32)
    for start in (10, 60, 190):  # the last one is cut off by the end
        train[start : start + 20] += twitch[: 200 - start].astype(np.float32)
    assert mean_after_firings(train, np.array([0.1, 0.6, 1.9]), 100.0) == pytest.approx(twitch)


def test_a_centre_that_is_found_aside_is_so_many_millimetres_away():
    found = two_units()
    moved = np.roll(found.territory[0], (1, 2), axis=(0, 1))
    aside = MotorUnits(
        np.stack([moved, found.territory[1]]),
        found.twitch_train, found.firings, found.score, 100.0, (0.5, 1.0),
    )  # fmt: skip
    score = score_recording(aside, two_units())
    # Half of a pixel row is 0.5 mm, two columns are 2 mm; that unit overlaps too little.
    assert score.units_matched == 1
    assert score.centroid_distance == pytest.approx([0.0])
    lower = MotorUnits(
        np.stack([np.roll(found.territory[0], 1, axis=0), found.territory[1]]),
        found.twitch_train, found.firings, found.score, 100.0, (0.5, 1.0),
    )  # fmt: skip
    assert score_recording(lower, two_units()).centroid_distance == pytest.approx([0.5, 0.0])
