"""Measures of quality and physiology against values worked by hand or by the plain formula."""

import numpy as np
import pytest

from kmu.analysis.physiology import (
    active_intervals,
    after_firings,
    averaged_twitch,
    discharge_measures,
    intervals,
    measure,
    territory_measures,
    twitch_measures,
)
from kmu.analysis.quality import (
    METRICS,
    Metric,
    keep_best,
    measure_quality,
    overall,
    power_share,
    silhouette,
)
from kmu.analysis.quality.one_pass import OnePass
from kmu.errors import InputError
from kmu.identification.resample import RecordingFrames
from kmu.motor_units import MotorUnits
from kmu.recording import Recording

RATE = 50.0


def steady(courses):
    """(T, N) less two running means of 0.3 s, the ends repeated: sample by sample."""
    slow = courses
    for _ in range(2):
        held = np.pad(slow, ((7, 7), (0, 0)), mode="edge")
        slow = np.array([held[t : t + 15].mean(0) for t in range(len(courses))])
    return courses - slow


@pytest.fixture(scope="module")
def scene():
    """Three overlapping units in noise, 611 frames: blocks of 250, the last one short."""
    rng = np.random.default_rng(7)
    places = np.zeros((3, 5, 8))
    places[0, :4, :5] = rng.uniform(0.3, 1, (4, 5))
    places[1, 1:, 3:] = rng.uniform(0.3, 1, (4, 5))
    places[2, 0, 5:8] = 0.9  # three pixels: too few for a correlation of maps
    trains = rng.standard_normal((3, 611)) + 3 * np.sin(np.arange(611) / 90)
    noise = 0.7 * rng.standard_normal((611, 5, 8))
    velocity = (np.einsum("kt,kzx->tzx", trains, places) + noise).astype(np.float32)
    firings = [np.array([1.0, 1.1, 1.3, 1.4]), np.array([1.0, 2.0]), np.zeros(0)]
    score = [0.9, 0.8, 0.7]
    units = MotorUnits(places, trains, firings, score, RATE, (1.0, 0.5))
    return units, RecordingFrames(Recording(velocity, RATE, (1.0, 0.5)))


def test_quality_is_what_the_plain_formulas_give_of_the_whole_recording(scene):
    units, source = scene
    place = units.territory.reshape(3, -1).astype(np.float64)
    train = steady(units.twitch_train.T.astype(np.float64)).T
    velocity = steady(source.frames(0, 611).reshape(611, -1).astype(np.float64))
    left = velocity - train.T @ place
    found = measure_quality(units, source)
    maps = []
    for half in (slice(0, 305), slice(305, 611)):
        gram = train[:, half] @ train[:, half].T
        gram += 1e-3 * np.trace(gram) / 3 * np.eye(3)
        maps.append(np.linalg.solve(gram, train[:, half] @ velocity[half]))
    even = np.add.outer(np.arange(5), np.arange(8)).ravel() % 2 == 0
    halves = []
    for seen in (even, ~even):
        part = place * seen
        gram = part @ part.T
        gram += 0.02 * np.trace(gram) / 3 * np.eye(3)
        halves.append(np.linalg.solve(gram, part @ velocity.T))
    for k in range(3):
        inside = place[k] >= 0.5
        alone = velocity[:, inside] - np.outer(train[k], place[k, inside])
        whole = np.square(velocity[:, inside]).sum()
        explained = 1 - np.square(alone).sum() / whole
        assert found["explained_variance"][k] == pytest.approx(explained, abs=1e-4)
        signal = np.square(np.outer(train[k], place[k, inside])).sum()
        ratio = 10 * np.log10(signal / np.square(left[:, inside]).sum())
        assert found["signal_to_noise"][k] == pytest.approx(ratio, abs=1e-3)
        alike = np.corrcoef(halves[0][k], halves[1][k])[0, 1]
        assert found["split_half_train"][k] == pytest.approx(alike, abs=1e-5)
        near = place[k] > 0.05
        alike = np.corrcoef(maps[0][k, near], maps[1][k, near])[0, 1] if k < 2 else np.nan
        assert found["split_half_territory"][k] == pytest.approx(alike, abs=1e-5, nan_ok=True)
    assert found["score"] == pytest.approx([0.9, 0.8, 0.7])
    steps = np.array([0.1, 0.2, 0.1])
    variation = [steps.std(ddof=1) / steps.mean(), np.nan, np.nan]
    assert found["interval_cov"] == pytest.approx(variation, nan_ok=True)
    courses = OnePass(units, source, place).courses
    np.testing.assert_allclose(courses, (halves[0] + halves[1]) / 2, atol=1e-4)


def test_nothing_is_explained_where_nothing_moves(scene):
    units, _ = scene
    silent = RecordingFrames(Recording(np.zeros((611, 5, 8), np.float32), RATE, (1.0, 0.5)))
    assert np.isnan(measure_quality(units, silent)["explained_variance"]).all()
    still = power_share(np.stack([np.zeros(500), np.sin(np.arange(500))]).astype(np.float32), RATE)
    assert np.isnan(still).tolist() == [True, False]


def test_peaks_at_firings_stand_apart_from_the_others_by_their_distances():
    train = np.zeros(600, np.float32)
    firings = np.array([0.0, 1.0, 2.0, 3.0, 4.0])
    # Single frames: the filter is one of their mean height, and changes no other proportion.
    train[[0, 100, 200, 300, 400]] = 1.0, 1.25, 0.75, 1.0, 1.0
    train[[150, 250, 599]] = 0.25, 0.5, 0.75
    # The sum of |height - 1| is 0.5, that of |height - 0.5| is 2.5.
    assert silhouette(train, firings, 100.0) == pytest.approx((2.5 - 0.5) / 2.5, rel=1e-5)
    # Peaks all alike, and far from one firing none at all.
    train[[150, 250, 599]] = 0
    assert silhouette(train, firings, 100.0) == 1
    assert silhouette(train, np.append(firings, 5.0), 100.0) == 1
    assert np.isnan(silhouette(np.zeros(600, np.float32), firings, 100.0))


def test_a_twitch_is_measured_between_its_samples():
    # Displacement 10, 30, 20, 0, 0 um: a parabola through the first three is highest at 1 1/6,
    # and 15 um are reached at 2 1/4. A sample is at the middle of its frame of 10 ms.
    twitch = np.array([1.0, 2.0, -1.0, -2.0, 0.0])
    for sign in (1, -1):
        found = twitch_measures(sign * twitch, 100.0)
        assert found == pytest.approx({
            "peak_velocity": 2.0,
            "peak_displacement": 30.0,
            "contraction_time": 10 * (1.5 + 1 / 6),
            "half_relaxation_time": 10 * (2.25 - 1 - 1 / 6),
        })  # fmt: skip
    # Without a neighbour on either side the highest sample itself is the peak.
    first = twitch_measures(np.array([2.0, -1.0, -1.0]), 100.0)
    assert (first["contraction_time"], first["half_relaxation_time"]) == pytest.approx((5, 10))
    last = twitch_measures(np.array([1.0, 1.0, 1.0]), 100.0)
    assert last["contraction_time"] == pytest.approx(25)
    assert "half_relaxation_time" not in last
    assert twitch_measures(np.zeros(5), 100.0) == twitch_measures(np.zeros(0), 100.0) == {}


def test_an_averaged_twitch_is_300_ms_of_a_firing_that_stands_alone():
    train = np.zeros(200, np.float32)
    course = np.random.default_rng(0).standard_normal(30)
    train[50:80] = course
    np.testing.assert_allclose(
        averaged_twitch(train, np.array([0.5]), 100.0), course / 1.005, rtol=1e-5
    )
    assert averaged_twitch(train, np.array([0.5]), 3.0).shape == (2,)


def test_firings_whose_twitch_is_over_or_has_not_begun_leave_no_trace():
    frame = 1 / 128  # 38 frames are 0.3 s
    assert not after_firings(np.array([-38, 6]) * frame, 128.0, 6).any()
    # The last frame of a twitch that began before the recording, the first of one at its end.
    for first, row, column in ((-37, 0, 37), (5, 5, 0)):
        design = after_firings(np.array([first * frame]), 128.0, 6)
        assert np.argwhere(design).tolist() == [[row, column]]


def test_the_diameters_of_a_rectangle_are_its_diagonal_and_its_shorter_side():
    mask = np.zeros((20, 20), bool)
    mask[4:8, 3:15] = True
    found = territory_measures(mask, (0.5, 0.25))  # 2 mm deep, 3 mm wide
    assert found["area"] == pytest.approx(6)
    assert found["smallest_diameter"] == pytest.approx(2)
    assert found["largest_diameter"] == pytest.approx(np.hypot(2, 3), rel=2e-4)
    assert (found["centroid_depth"], found["centroid_lateral"]) == pytest.approx((3, 2.25))
    assert territory_measures(np.zeros((4, 4), bool), (0.5, 0.25)) == {"area": 0.0}


def test_intervals_are_steps_of_up_to_400_ms_and_pauses_begin_at_a_second():
    times = np.array([0.0, 0.0, 0.125, 0.525, 0.9375])
    np.testing.assert_allclose(intervals(times), [0.125, 0.4])
    times = np.array([1.0, 1.25, 1.5, 2.5, 2.75, 3.734375])
    assert active_intervals(times) == [(1.0, 1.5), (2.5, 3.734375)]
    # Of a unit that fires every 0.5 s, 1.5 s are a pause and 1.4 are not.
    slow = np.array([0.0, 0.5, 1.0, 2.5, 3.0, 3.5, 4.9, 5.4])
    assert active_intervals(slow) == [(0.0, 1.0), (2.5, 5.4)]
    assert active_intervals(np.array([2.0])) == [(2.0, 2.0)]
    assert active_intervals(np.zeros(0)) == []
    # Two intervals are the fewest that vary.
    assert "interval_sd" not in discharge_measures(np.array([0.0, 0.1]))
    assert discharge_measures(np.array([0.0, 0.1, 0.3]))["discharge_rate"] == pytest.approx(
        1 / 0.15
    )


def test_each_unit_has_its_own_row_in_the_table(scene):
    units, _ = scene
    table = measure(units)
    assert table["firings"].tolist() == [4, 2, 0]
    assert table["area"] == pytest.approx(units.mask.sum((1, 2)) * 0.5)
    assert table["centroid_lateral"][2] == pytest.approx(3.25)
    assert np.isnan(table["peak_velocity"]).tolist() == [False, False, True]


@pytest.mark.parametrize(("bad", "good", "doubtful"), [(0.4, 0.2, 0.35), (-0.4, -0.2, -0.35)])
def test_grades_rise_from_bad_to_good_and_doubt_begins_at_its_limit(bad, good, doubtful):
    metric = Metric("x", "", "", bad, good, doubtful)
    sign = np.sign(bad)
    values = sign * np.array([0.5, 0.4, 0.35, 0.3, 0.2, 0.1, np.nan])
    np.testing.assert_allclose(metric.grade(values), [0, 0, 0.25, 0.5, 1, 1, 0])
    assert metric.is_doubtful(values).tolist() == [True, True, False, False, False, False, True]


def test_the_overall_quality_is_the_mean_grade_and_units_just_good_enough_stay(scene):
    units, _ = scene
    metrics = {metric.name: np.full(3, metric.good) for metric in METRICS}
    metrics["score"] = np.array([0.95, 0.2, (0.2 + 0.95) / 2])
    assert overall(metrics) == pytest.approx([1, 8 / 9, 8.5 / 9])
    for least, kept in ((0, 3), (8.2 / 9, 2), (1, 1)):
        assert len(keep_best(units, metrics, least)[0]) == kept
    best, values = keep_best(units, metrics, float(overall(metrics)[2]))
    assert best.score == pytest.approx([0.9, 0.7])
    assert values["score"] == pytest.approx([0.95, 0.575])
    for least in (-0.01, 1.01):
        with pytest.raises(InputError, match="0 to 1"):
            keep_best(units, metrics, least)
