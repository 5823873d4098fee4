"""Absolute times and trains through ``identify``, with a model that does no more than look."""

import numpy as np
import pytest
from stand_in_model import write_stand_in

from kmu.identification.blocks import Block
from kmu.identification.linking import Candidates, LinkedUnit, link, unit_score
from kmu.identification.pipeline import identify
from kmu.identification.served_model import load_model
from kmu.recording import Recording

SPACING = (1.0, 0.5)
SIGMA = 0.020


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    return load_model(write_stand_in(tmp_path_factory.mktemp("model") / "1"))


def bumps(times, frame_rate, seconds):
    """A Gaussian bump of 20 ms at each firing; frame n is at n / frame_rate."""
    time = np.arange(round(seconds * frame_rate)) / frame_rate
    return np.exp(-((time[:, None] - times) ** 2) / (2 * SIGMA**2)).sum(1)


def one_place(times, frame_rate, seconds):
    """One unit whose velocity is a bump at each firing: what the stand-in calls a firing."""
    z = (np.arange(24) - 8)[:, None] * SPACING[0]
    x = (np.arange(40) - 26)[None] * SPACING[1]
    course = bumps(times, frame_rate, seconds)
    velocity = course[:, None, None] * np.exp(-(z**2 + x**2) / 18)
    return Recording(velocity.astype(np.float32), frame_rate, SPACING), course


def firing_times(seconds):
    """Some 200 ms apart, at odd fractions of every frame."""
    return np.arange(0.2, seconds - 0.2, 0.2137)


@pytest.mark.parametrize("frame_rate", [100.0, 250.0, 333.0, 500.0, 1000.0])
@pytest.mark.parametrize("seconds", [1.97, 7.03])
def test_times_are_those_of_the_recordings_own_clock(served, frame_rate, seconds):
    times = firing_times(seconds)
    recording, course = one_place(times, frame_rate, seconds)
    units = identify(recording, served, score_threshold=0.5)
    assert len(units) == 1
    np.testing.assert_allclose(units.firings[0], times, atol=TOLERANCE_S)
    train = units.twitch_train[0]
    assert len(train) == len(course)
    gain = (train @ course) / (course @ course)
    # Neither late nor early: half a frame at 100 Hz would leave 6 % of the power.
    assert np.mean((train - gain * course) ** 2) < 0.002 * gain**2 * np.mean(course**2)


# The bump of 20 ms is sampled every 10 ms and read by a parabola, exact but for rounding; the
# change of the frame rate costs the rest.
TOLERANCE_S = 0.0002


def test_the_train_is_in_the_recordings_own_mm_per_s(served):
    recording, course = one_place(firing_times(2.0), 250.0, 2.0)
    twice = Recording(2 * recording.velocity, 250.0, SPACING)
    one, two = (identify(each, served, score_threshold=0.5) for each in (recording, twice))
    np.testing.assert_allclose(two.twitch_train, 2 * one.twitch_train, rtol=1e-3, atol=1e-4)
    # The stand-in averages the velocity with the territory for weight: half of the peak there.
    assert one.twitch_train.max() == pytest.approx(0.5 * course.max(), rel=0.1)


def test_two_units_at_one_place_are_told_apart_by_their_trains_alone():
    rng = np.random.default_rng(0)
    blocks = [Block(0, 100), Block(60, 160), Block(120, 220)]
    trains = rng.standard_normal((2, 220)).astype(np.float32)
    territory = np.zeros((2, 1, 40), np.float32)
    territory[:, 0, 10:18] = 1
    found, order = [], [(0, 1), (1, 0), (1, 0)]
    for block, which in zip(blocks, order, strict=True):
        course = trains[list(which), block.start : block.stop]
        found.append(Candidates(territory, course, np.abs(course), np.array([0.9, 0.8])))
    units = link(blocks, found, 0.5)
    seen = [[order[b][c] for b, c in sorted(unit.seen.items())] for unit in units]
    assert seen == [[0, 0, 0], [1, 1, 1]]


def test_a_train_that_does_not_go_on_is_not_the_same_unit():
    # Overlap 2/3, correlation -1 over the shared frames: the mean is below what links.
    blocks = [Block(0, 100), Block(60, 160)]
    course = np.random.default_rng(1).standard_normal((1, 160)).astype(np.float32)
    first, second = np.zeros((2, 1, 1, 40), np.float32)
    first[..., 10:20], second[..., 12:22] = 1, 1
    score = np.array([0.9], np.float32)
    for sign, count in ((1, 1), (-1, 2)):
        found = [
            Candidates(first, course[:, :100], np.abs(course[:, :100]), score),
            Candidates(second, sign * course[:, 60:], np.abs(course[:, 60:]), score),
        ]
        assert len(link(blocks, found, 0.5)) == count


def test_a_linked_territory_is_the_mean_weighted_by_score():
    blocks = [Block(0, 100), Block(60, 160), Block(120, 220)]
    course = np.random.default_rng(2).standard_normal((1, 220)).astype(np.float32)
    place = np.zeros((1, 1, 40), np.float32)
    place[0, 0, 10:20] = 1
    heights, scores = (1.0, 0.7, 0.8), (0.9, 0.6, 0.5)
    found = [
        Candidates(height * place, part, np.abs(part), np.array([score], np.float32))
        for height, score, part in (
            (height, score, course[:, block.start : block.stop])
            for height, score, block in zip(heights, scores, blocks, strict=True)
        )
    ]
    (unit,) = link(blocks, found, 0.5)
    assert unit.territory[0, 12] == pytest.approx(np.average(heights, weights=scores), abs=1e-6)
    assert not unit.territory[0, :10].any()


@pytest.mark.parametrize(
    ("blocks", "scores", "expected"),
    [
        (2, {0: 0.9}, 0.9),
        (2, {0: 0.9, 1: 0.6}, 0.9),
        # One sighting is luck where there were three blocks, unless it is sure and at an end, where
        # a unit may have stopped or begun; late units are whole.
        (3, {1: 0.9}, 0.0),
        (3, {0: 0.9}, 0.9),
        (3, {2: 0.9}, 0.9),
        (3, {2: 0.79}, 0.0),
        (5, {3: 0.9, 4: 0.6}, 0.6),
        # Of four blocks from first to last, two must reach it; of five, three.
        (6, {1: 0.9, 4: 0.6}, 0.6),
        (6, {0: 0.9, 4: 0.6}, 0.0),
        (6, {0: 0.9, 2: 0.5, 4: 0.6}, 0.5),
    ],
)
def test_the_score_of_a_unit_is_reached_in_half_of_the_blocks_where_it_is_active(
    blocks, scores, expected
):
    nothing = np.zeros((1, 1, 4), np.float32)
    course = np.zeros((1, 10), np.float32)
    found = [
        Candidates(nothing, course, course, np.array([scores.get(b, 0.0)])) for b in range(blocks)
    ]
    unit = LinkedUnit(nothing[0], 1.0, dict.fromkeys(scores, 0))
    assert unit_score(unit, found) == pytest.approx(expected)
