"""Scores as probabilities: what counts as true, how far scores are off, how they are mended."""

import json
import types

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kmu import MotorUnits
from kmu.config.benchmark import BenchmarkConfig
from kmu.evaluation import reliability as told
from kmu.evaluation.calibration import (
    expected_calibration_error,
    fit_scaling,
    labelled_scores,
    reliability,
    rescaled,
)
from kmu.evaluation.match import match_units
from kmu.evaluation.reliability import reliability_summary, reliability_table, write_reliability
from kmu.train.thresholds import GIVEN_UP, SCORES, choose_score_threshold


def units(intervals, score):
    """Units on a line of 40 pixels, each from one pixel up to another."""
    territory = np.zeros((len(intervals), 1, 40), np.float32)
    for row, (start, stop) in zip(territory, intervals, strict=True):
        row[0, start:stop] = 1
    rng = np.random.default_rng(0)
    train = rng.normal(size=(len(intervals), 20))
    return MotorUnits(territory, train, [np.zeros(0)] * len(intervals), score, 100.0, (1.0, 1.0))


def drawn(seed, found_count=8, true_count=5):
    rng = np.random.default_rng(seed)

    def intervals(count):
        start = rng.integers(0, 30, count)
        return list(zip(start, start + rng.integers(4, 11, count), strict=True))

    found = units(intervals(found_count), rng.uniform(0.02, 1, found_count))
    return found, units(intervals(true_count), np.ones(true_count))


def test_of_two_units_on_one_true_unit_the_higher_score_is_true():
    found = units([(0, 9), (0, 10), (20, 30)], [0.9, 0.8, 0.3])
    score, true = labelled_scores([(found, units([(0, 10)], [1.0]))])
    np.testing.assert_allclose(score, [0.9, 0.8, 0.3])
    assert true.tolist() == [True, False, False]


@given(st.integers(0, 10_000))
@settings(max_examples=50)
def test_above_every_threshold_as_many_are_true_as_matching_them_alone_gives(seed):
    found, truth = drawn(seed)
    score, true = labelled_scores([(found, truth)])
    for threshold in (0.0, *score):
        kept = found.select(found.score >= np.float32(threshold))
        assert true[score >= threshold].sum() == len(match_units(kept, truth).found)


def test_no_units_have_no_scores_and_no_error():
    nothing = MotorUnits.none((20, 1, 40), 100.0, (1.0, 1.0))
    score, true = labelled_scores([(nothing, drawn(0)[1]), (nothing, nothing)])
    assert len(score) == len(true) == 0
    assert expected_calibration_error(reliability(score, true)) == 0.0
    assert fit_scaling(score, true) == (1.0, 0.0)


def test_the_error_is_the_mean_distance_of_score_and_share():
    score = np.array([0.25, 0.25, 0.25, 0.25, 0.95, 1.0])
    curve = reliability(score, [True, False, False, False, True, False])
    assert [row.units for row in curve] == [0, 0, 4, 0, 0, 0, 0, 0, 0, 2]
    assert curve[2].true == 0.25
    assert curve[9].score == pytest.approx(0.975)
    assert expected_calibration_error(curve) == pytest.approx(2 / 6 * 0.475)


def test_scores_that_are_too_sure_become_probabilities():
    rng = np.random.default_rng(1)
    probability = rng.uniform(0, 1, 20_000)
    true = rng.uniform(size=20_000) < probability
    sure = rescaled(probability, 3.0, -1.0)
    assert expected_calibration_error(reliability(sure, true)) > 0.1
    scale, offset = fit_scaling(sure, true)
    assert (scale, offset) == pytest.approx((1 / 3, 1 / 3), abs=0.06)
    mended = rescaled(sure, scale, offset)
    assert expected_calibration_error(reliability(mended, true)) < 0.03


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=30))
def test_recalibration_never_changes_the_order(rows):
    score, true = (np.array(column) for column in zip(*rows, strict=True))
    scale, offset = fit_scaling(score, true)
    assert scale > 0
    assert np.isfinite([scale, offset]).all()
    after = rescaled(score, scale, offset)
    assert (np.diff(after[np.argsort(score)]) >= 0).all()


def test_the_score_threshold_is_the_highest_with_nearly_the_best_f1_of_matching_at_each():
    pairs = [drawn(seed) for seed in range(6)]
    chosen = choose_score_threshold(pairs)

    def f1(threshold):
        kept = [found.select(found.score >= threshold) for found, _ in pairs]
        matched = sum(len(match_units(k, t).found) for k, (_, t) in zip(kept, pairs, strict=True))
        return 2 * matched / (sum(map(len, kept)) + sum(len(true) for _, true in pairs))

    best = max(map(f1, SCORES))
    assert chosen == max(score for score in SCORES if f1(score) >= best - GIVEN_UP)
    assert 0 < GIVEN_UP <= 0.01


def test_where_nothing_is_found_right_the_lowest_threshold_stands():
    found, true = drawn(0)
    elsewhere = found.select(np.zeros(len(found), bool))
    assert choose_score_threshold([(elsewhere, true)]) == SCORES[0]


def test_a_summary_tells_of_candidates_and_of_the_units_that_are_given():
    rng = np.random.default_rng(2)
    score = rng.uniform(0.05, 1, 4000)
    row = reliability_summary(score, rng.uniform(size=4000) < score, score >= 0.5)
    assert row["units"] == 4000
    assert row["expected_calibration_error"] < 0.05
    assert row["mean_score_given"] == pytest.approx(0.75, abs=0.02)
    assert row["share_true_given"] == pytest.approx(row["mean_score_given"], abs=0.05)
    none = reliability_summary(np.zeros(0), np.zeros(0, bool), np.zeros(0, bool))
    assert none["expected_calibration_error"] is None
    assert "| none | - | 0 | 0 | - | - |" in reliability_table({"none": none})


def test_the_figure_and_the_json_are_written_even_without_units(tmp_path):
    result = {
        "some": reliability_summary([0.1, 0.9, 0.8], [False, True, True], [False, True, True]),
        "none": reliability_summary([], [], []),
    }
    write_reliability(result, tmp_path / "r.json", tmp_path / "r.png")
    assert json.loads((tmp_path / "r.json").read_text()) == result
    assert (tmp_path / "r.png").stat().st_size < 150_000


def test_an_identifier_gives_calibrated_scores_and_keeps_them_when_saved(tmp_path):
    import keras

    from kmu.config import NETWORK_PRESETS
    from kmu.models import Identifier

    rng = np.random.default_rng(0)
    given = {
        "velocity": rng.normal(size=(1, 60, 32, 32)).astype(np.float32),
        "frame_rate": np.full(1, 100.0, np.float32),
        "spacing": np.full((1, 2), 0.625, np.float32),
    }
    network = NETWORK_PRESETS["tiny"]
    # Untrained, it proposes nothing that it is sure of.
    identifier = Identifier(network.replace(signal=network.signal.replace(proposal_score=0.0)))
    identifier.build()
    before = np.asarray(identifier(given)["score"])
    identifier.score_scale, identifier.score_offset = 0.5, 1.0
    after = np.asarray(identifier(given)["score"])
    assert (before > 0).any()
    np.testing.assert_allclose(
        after, np.where(before > 0, rescaled(before, 0.5, 1.0), 0), atol=1e-5
    )
    identifier.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(np.asarray(loaded(given)["score"]), after, atol=1e-6)


def test_a_range_without_scores_says_its_middle_and_no_share():
    curve = reliability([0.05, 0.07, 0.95], [False, True, True], bins=4)
    assert [(one.low, one.high) for one in curve] == [
        (0, 0.25),
        (0.25, 0.5),
        (0.5, 0.75),
        (0.75, 1),
    ]
    assert [one.units for one in curve] == [2, 0, 0, 1]
    assert curve[0].score == pytest.approx(0.06)
    assert curve[1].score == 0.375
    assert np.isnan(curve[1].true)


def test_reliability_of_a_family_is_that_of_all_its_recordings(monkeypatch, tmp_path, capsys):
    truth = units([(0, 10)], [1.0])
    given = [units([(0, 10), (20, 30)], [0.9, 0.3]), units([(0, 9)], [0.6])]
    served, asked, made = types.SimpleNamespace(thresholds={"score": 0.5}), [], []

    def identified(recording, model, score_threshold):
        asked.append((model, score_threshold))
        return given[recording]

    def family(name, count=2, seed=0):
        made.append((name, count, seed))
        count = min(count, 2)
        return types.SimpleNamespace(name=name, count=count, load=lambda index: (index, truth))

    monkeypatch.setattr(told, "identify", identified)
    row = told.family_reliability(served, family("some"))
    score = np.float32([0.9, 0.3, 0.6])
    assert row == told.reliability_summary(score, [True, False, True], score >= 0.5)
    assert asked == [(served, told.LOWEST)] * 2
    assert (row["units"], row["units_given"], row["share_true_given"]) == (3, 2, 1)
    monkeypatch.setattr(told, "load_model", lambda _: served)
    monkeypatch.setattr(told, "family", family)
    assert told.main(["--families", "some,other", "--out", str(tmp_path)]) == 0
    # The test split's seeds, 200 of them.
    assert made[1:] == [(name, 200, BenchmarkConfig().first_seed) for name in ("some", "other")]
    shown = capsys.readouterr().out
    assert "| some |" in shown
    assert "| other |" in shown
    kept = json.loads((tmp_path / "reliability.json").read_text())
    assert kept == {"some": row, "other": row}
