"""Above which score units are given: as the recording's own scores promise."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kmu.identification.cutting import DOUBTFUL, recording_threshold
from kmu.identification.pipeline import identify
from kmu.identification.served_model import load_model
from kmu.progress import silent
from kmu.stress.making import make_recording

HIGHEST = 0.45
SCORES = st.lists(st.floats(0.0, 1.0, width=32), max_size=40).map(np.float32)


def promised(score: np.ndarray, threshold: float) -> float:
    """Mean F1 over all that may be true of a few candidates, each as probable as its score."""
    given_ = score >= threshold
    total = 0.0
    for true in itertools.product([False, True], repeat=len(score)):
        true = np.array(true, bool)
        there, right = true.sum(), (true & given_).sum()
        f1 = 2 * right / (given_.sum() + there) if given_.any() or there else 1.0
        total += np.prod(np.where(true, score, 1 - score)) * f1
    return total


@given(SCORES, st.floats(0, 5), st.integers(1, 4))
def test_a_recordings_threshold_stays_between_the_models_own_and_the_doubtful(score, below, blocks):
    threshold = recording_threshold(score, below, HIGHEST, blocks)
    assert DOUBTFUL * HIGHEST <= threshold <= HIGHEST


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(DOUBTFUL * HIGHEST + 1e-4, 1.0), max_size=8).map(np.array))
def test_no_lower_threshold_promises_a_higher_f1(score):
    chosen = promised(score, recording_threshold(score, 0.0, HIGHEST))
    for other in (HIGHEST, *score[score < HIGHEST]):
        assert promised(score, float(other)) <= chosen + 1e-9


def test_where_all_is_clear_the_threshold_is_the_models_own():
    score = np.float32([0.99, 0.98, 0.97, 0.2, 0.15])
    assert recording_threshold(score, 0.1, HIGHEST) == HIGHEST


def test_where_little_is_sure_likely_candidates_are_given():
    score = np.float32([0.9, 0.5, 0.4, 0.35, 0.35, 0.3, 0.3, 0.15])
    assert recording_threshold(score, 1.0, HIGHEST) == pytest.approx(0.3)


@pytest.mark.parametrize("score", [[], [0.3], [0.25, 0.2], [0.14] * 4])
def test_what_may_be_nothing_at_all_is_not_given(score):
    assert recording_threshold(np.float32(score), 0.0, HIGHEST) == HIGHEST


def test_noise_is_cut_lower_and_the_result_says_where():
    served = load_model()
    recording, truth = make_recording("noise", 1)
    with silent():
        chosen = identify(recording, served)
        fixed = identify(recording, served, score_threshold=served.thresholds["score"])
    threshold = chosen.provenance["thresholds"]["score"]
    assert threshold < served.thresholds["score"]
    assert chosen.score.min() >= threshold
    assert len(fixed) < len(chosen) <= len(truth)
    assert fixed.provenance["thresholds"]["score"] == served.thresholds["score"]
    again = identify(recording, served, score_threshold=threshold)
    np.testing.assert_array_equal(again.score, chosen.score)
