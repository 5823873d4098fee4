"""Is a recording like those the model knows, and what moved firings say."""

import json

import numpy as np
import pytest
from made_recordings import twitching
from record_golden import versions

from kmu.analysis.likeness import FEATURES, compare, measure_features, training_family
from kmu.analysis.likeness.comparing import FAMILIES, LEVELS, distribution
from kmu.analysis.likeness.expected import KEPT as EXPECTED
from kmu.analysis.likeness.expected import expected_f1, score_inputs
from kmu.analysis.quality.perturbation import perturb
from kmu.identification.pipeline import coarse_copy
from kmu.identification.resample import RecordingFrames
from kmu.recording import Recording
from kmu.simulation import simulate


def features_of(velocity, frame_rate=100.0, spacing=(0.5, 0.5), units=5):
    return measure_features(
        coarse_copy(RecordingFrames(Recording(velocity, frame_rate, spacing))), units
    )


def test_white_noise_has_the_features_of_white_noise():
    noise = np.random.default_rng(0).standard_normal((300, 40, 50)).astype(np.float32)
    told = features_of(noise)
    assert set(told) == {feature.name for feature in FEATURES}
    # Its power lies evenly over 2 to 50 Hz, and half of that above 25 Hz.
    assert told["mean_frequency"] == pytest.approx(26, abs=1)
    assert told["noise"] == pytest.approx(0.53, abs=0.03)
    assert abs(told["depth_correlation"]) < 0.05
    assert abs(told["lateral_correlation"]) < 0.05
    assert told["common_motion"] == pytest.approx(1 / 2000, rel=0.3)
    assert told["amplitude"] == pytest.approx(1, abs=0.05)
    assert told["density"] == pytest.approx(5 / (20 * 25 / 100))
    assert told["components"] > 80
    # One shared motion is one component, the same everywhere.
    course = np.sin(2 * np.pi * 10 * np.arange(300) / 100)
    rigid = features_of(np.broadcast_to(course[:, None, None], (300, 40, 50)))
    assert rigid["components"] == pytest.approx(1, abs=0.05)
    assert rigid["common_motion"] == pytest.approx(1, abs=0.01)
    assert rigid["mean_frequency"] == pytest.approx(10, abs=0.3)


def test_a_recording_of_the_family_is_inside_and_noise_is_told_in_one_sentence():
    recording, truth = simulate("mixed", 4_000_001)
    known = compare(measure_features(coarse_copy(RecordingFrames(recording)), len(truth)))
    assert known.percentile < 99
    assert known.sentence == ""
    noise = np.random.default_rng(0).standard_normal((200, 40, 50)).astype(np.float32)
    strange = compare(features_of(100 * noise))
    assert strange.percentile == 100
    assert "amplitude" in strange.outside
    assert "stronger motion (amplitude 98" in strange.sentence
    assert strange.sentence.count("\n") == 0
    assert strange.distance > known.distance
    json.dumps(strange.summary(), allow_nan=False)


def test_what_is_kept_of_a_family_is_small_and_its_distances_are_those_of_a_normal_one():
    assert FAMILIES.stat().st_size < 10_000
    rng = np.random.default_rng(0)
    rows = []
    for values in rng.standard_normal((4000, len(FEATURES))):
        row = {}
        for feature, value in zip(FEATURES, values, strict=True):
            back = {"log": np.exp, "logit": lambda v: 1 / (1 + np.exp(-v)), "plain": float}
            row[feature.name] = float(back[feature.scale](value))
        rows.append(row)
    kept = distribution(rows)
    middle = kept["distance"][LEVELS.index(50)]
    # The median of a chi distribution of 11 degrees of freedom is 3.22; the extra diagonal takes
    # off a fortieth.
    assert middle == pytest.approx(3.22 / np.sqrt(1.05), abs=0.05)
    assert kept["quantiles"]["persistence"][LEVELS.index(97.5)] == pytest.approx(1.96, abs=0.1)


def test_a_model_says_what_it_was_trained_on(tmp_path):
    assert training_family(tmp_path) == "mixed"
    (tmp_path / "training.json").write_text('{"data": {"family": "lab"}}')
    assert training_family(tmp_path) == "lab"
    features = features_of(np.random.default_rng(0).standard_normal((100, 20, 20)))
    assert compare(features, "lab").family == "lab"
    assert compare(features, "low_force").family == "mixed"


def test_of_the_family_of_every_shipped_model_something_is_kept():
    families = [training_family(model) for model in versions()]
    assert sorted(families) == ["mixed", "wide"]
    kept = json.loads(FAMILIES.read_text())["families"]
    assert set(families) <= set(kept)
    # Half of its recordings are of either family, and so is every middle value.
    wide, parts = kept["wide"], (kept["mixed"], kept["lab"])
    assert wide["recordings"] == sum(part["recordings"] for part in parts)
    for name, mean in wide["mean"].items():
        assert mean == pytest.approx(np.mean([part["mean"][name] for part in parts]), rel=1e-2)


def test_jittered_firings_lose_their_twitch_and_shifted_ones_all_of_it():
    recording, firings = twitching([(12.0, 10.0)], 10.0, frame_rate=100.0, noise=0.0)
    course = recording.velocity[:, 12, 20].astype(np.float64)[None]
    begun = [firings[0] - 0.06]
    told = perturb(course, begun, 100.0, np.random.default_rng(0))
    explained = told.explained[0]
    assert explained[0] > 0.95
    assert (np.diff(explained[:4]) < 0).all()
    assert explained[4] < 0.5
    assert told.evidence[0] == pytest.approx(explained[0] - explained[4])
    size = np.abs(told.twitch[0]).max(1)
    assert size[4] < 0.5 * size[0]
    wrong = [np.sort(np.random.default_rng(1).uniform(0, 10, len(begun[0])))]
    invented = perturb(course, wrong, 100.0, np.random.default_rng(0))
    assert abs(invented.evidence[0]) < 0.15
    few = perturb(course, [begun[0][:3]], 100.0, np.random.default_rng(0))
    assert np.isnan(few.evidence[0])


def test_scores_say_how_many_units_given_are_true_and_how_many_more_there_are():
    # Odds of 9 and of 1: the mean of the logarithms is that of 3. Of two units given 1.4 are
    # true, and 2.1 are expected in all: an F1 of 2.8 over 4.1.
    both = score_inputs([0.9, 0.5], 0.7)
    assert both == pytest.approx([np.log(3), np.log(2.8 / 1.3)])
    assert score_inputs([0.9, 0.5], None) == pytest.approx([np.log(3)])
    # Certain units are as good as odds of 199 to 1.
    assert score_inputs([1.0], 0.0) == pytest.approx([np.log(199)] * 2)


@pytest.mark.parametrize("not_given", [None, 1.5])
def test_scores_foretell_the_f1(not_given):
    assert expected_f1(np.zeros(0), not_given) is None
    scores = [np.full(5, score, np.float32) for score in (0.6, 0.8, 0.9, 0.97)]
    told = [expected_f1(score, not_given) for score in scores]
    # A power of each of the odds, times a factor: what the study has fitted.
    fitted = json.loads(EXPECTED.read_text())["f1"]
    fitted = fitted["given_alone" if not_given is None else "all_candidates"]
    odds = [
        np.exp(fitted["intercept"] + np.dot(fitted["weights"], score_inputs(score, not_given)))
        for score in scores
    ]
    assert [one.f1 for one in told] == pytest.approx([o / (1 + o) for o in odds], abs=1e-6)
    assert (np.diff([one.f1 for one in told]) > 0.02).all()
    assert told[3].f1 > 0.7
    assert all(0 < one.low < one.f1 < one.high < 1 for one in told)
    assert f"an F1 of {told[1].f1:.2f} ({told[1].low:.2f}-" in told[1].sentence
    assert "score 0.80 on average" in told[1].sentence
    assert ("1.5 more expected" in told[1].sentence) == (not_given is not None)


def test_candidates_that_are_not_given_lower_the_f1_foretold():
    score = np.full(10, 0.95, np.float32)
    told = [expected_f1(score, not_given).f1 for not_given in (0.0, 1.0, 4.0)]
    assert told[0] > told[1] + 0.01 > told[2] + 0.04
    features = features_of(np.random.default_rng(0).standard_normal((100, 20, 20)))
    likeness = compare(features, score=score, not_given=1.0)
    assert likeness.expected.f1 == told[1]
    kept = likeness.summary()["expected"]
    assert (kept["mean_score"], kept["not_given"]) == (pytest.approx(0.95), 1.0)
