"""Is a recording like those the model knows, and what moved firings say."""

import json

import numpy as np
import pytest
from made_recordings import twitching

from kmu.analysis.likeness import FEATURES, compare, measure_features, training_family
from kmu.analysis.likeness.comparing import FAMILIES, LEVELS, distribution
from kmu.analysis.likeness.expected import KEPT as EXPECTED
from kmu.analysis.likeness.expected import expected_f1
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


def test_the_mean_score_foretells_the_f1():
    assert expected_f1(np.zeros(0)) is None
    scores = (0.6, 0.8, 0.9, 0.97)
    told = [expected_f1(np.full(5, score, np.float32)) for score in scores]
    # Odds to a power, times a factor: what the study has fitted.
    fitted = json.loads(EXPECTED.read_text())["f1"]
    odds = [np.exp(fitted["intercept"]) * (s / (1 - s)) ** fitted["score"] for s in scores]
    assert [one.f1 for one in told] == pytest.approx([o / (1 + o) for o in odds], abs=1e-6)
    assert (np.diff([one.f1 for one in told]) > 0.02).all()
    assert told[3].f1 > 0.9
    assert all(0 < one.low < one.f1 < one.high < 1 for one in told)
    assert f"an F1 of {told[1].f1:.2f} ({told[1].low:.2f}-" in told[1].sentence
    features = features_of(np.random.default_rng(0).standard_normal((100, 20, 20)))
    likeness = compare(features, score=np.array([0.7, 0.9], np.float32))
    assert likeness.summary()["expected"]["mean_score"] == pytest.approx(0.8)
