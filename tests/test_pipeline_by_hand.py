"""What the identification makes of the answers of a model that says what it is told to say."""

import types
from pathlib import Path

import numpy as np
import pytest

from kmu.errors import InputError
from kmu.identification.blocks import Block, estimate_memory, plan_blocks
from kmu.identification.coarse import CoarseRecording
from kmu.identification.estimating import estimate_signals, faded, plan_stretches
from kmu.identification.pipeline import at_rate, identify, identify_coarse, memory_needed
from kmu.identification.resample import RecordingFrames
from kmu.identification.served_model import ServedModel
from kmu.motor_units import MotorUnits
from kmu.recording import Recording

# Six pixels: the first three are one unit's, the last three the other's.
PLACES = np.zeros((2, 1, 6), np.float32)
PLACES[0, 0, :3], PLACES[1, 0, 3:] = 1.0, 0.8


def recording(frames=260, rate=100.0):
    """Two units with trains of their own; what a model says of a block follows from its frames."""
    trains = np.random.default_rng(3).standard_normal((2, frames)).astype(np.float32)
    velocity = np.einsum("kt,kzx->tzx", trains, PLACES)
    return Recording(velocity, rate, (5.0, 1.0)), trains


def told(scores, places=4, thresholds=(0.5, 0.5), signals=False):
    """A model that finds both units in each block, with the scores of that block (B, 2).

    The firing probability has one peak in each block, on its 100th frame (or its last but five).
    """
    answers = iter(scores)
    looked = []

    def signals_of(velocity):
        train = np.stack([velocity[0, :, 0, 0], velocity[0, :, 0, 5] / np.float32(0.8)])
        firing = np.zeros_like(train)
        firing[:, min(100, velocity.shape[1] - 5)] = 0.875
        return train, firing

    def call(velocity, frame_rate, spacing):
        looked.append((velocity.shape[1], float(frame_rate[0]), spacing[0].tolist()))
        train, firing = signals_of(np.asarray(velocity))
        fill = ((0, places - 2), (0, 0))
        score = np.pad(np.float32(next(answers)), (0, places - 2))
        return {
            "territory": np.pad(PLACES, (*fill, (0, 0)))[None],
            "twitch_train": np.pad(train, fill)[None],
            "firing_probability": np.pad(firing, fill)[None],
            "score": score[None],
            "valid": (score > 0)[None],
        }

    def call_signals(velocity, frame_rate, spacing, territory):
        train, firing = (one[: len(territory[0])] for one in signals_of(np.asarray(velocity)))
        return {"twitch_train": train[None], "firing_probability": firing[None]}

    limits = dict(zip(("score", "firing"), thresholds, strict=True))
    model = ServedModel(Path(), limits, call, call_signals if signals else None)
    return model, looked


def copy_of(given):
    return CoarseRecording(RecordingFrames(given), 100.0)


def test_a_recording_of_one_block_gives_what_the_model_says_of_it():
    given, trains = recording()
    model, looked = told([[0.6, 0.9]])
    units = identify(given, model)
    assert looked == [(260, 100.0, [5.0, 1.0])]
    assert units.score == pytest.approx([0.9, 0.6])
    np.testing.assert_allclose(units.territory, PLACES[::-1], atol=1e-6)
    np.testing.assert_allclose(units.twitch_train, trains[::-1], atol=1e-5)
    assert [times.tolist() for times in units.firings] == [[1.0], [1.0]]
    thresholds = {"score": 0.5, "firing": 0.5}
    assert units.provenance == {"not_given": 0.0, "thresholds": thresholds}


@pytest.mark.parametrize(
    ("score", "firing", "kept", "heard"),
    [(None, None, 1, 1), (0.3, None, 2, 1), (0.6, 0.875, 1, 1), (0.61, 1, 0, 0), (0.6, 0.88, 1, 0)],
)
def test_units_and_firings_of_at_least_the_threshold_are_kept(score, firing, kept, heard):
    given, _ = recording()
    model, _ = told([[0.6, 0.3]], thresholds=(0.5, 0.5))
    units = identify_coarse(copy_of(given), model, score, firing)
    assert len(units) == kept
    assert all(len(times) == heard for times in units.firings)


@pytest.mark.parametrize(
    ("scores", "threshold", "given", "not_given"),
    [
        ([[0.9, 0.3]], 0.5, 1, 0.3),
        ([[0.4, 0.3]], 0.5, 0, 0.7),
        ([[0.9, 0.3]], 0.2, 2, 0.0),
        # In the mean over blocks; a unit that one block alone shows is given where it counts.
        ([[0.9, 0.4], [0.9, 0.1]], 0.5, 1, 0.25),
        ([[0.9, 0.8], [0.9, 0.16]], 0.5, 2, 0.0),
        # Seen by luck in one of three: not given, and expected in a third of them.
        ([[0.9, 0.1], [0.9, 0.6], [0.9, 0.1]], 0.5, 1, (0.1 + 0.6 + 0.1) / 3),
    ],
)
def test_scores_of_candidates_that_are_not_given_are_kept_as_the_units_to_expect(
    scores, threshold, given, not_given
):
    frames = {1: 200, 2: 260, 3: 400}[len(scores)]
    units = identify_coarse(copy_of(recording(frames)[0]), told(scores)[0], threshold, None, 2.0)
    assert len(units) == given
    assert units.provenance["not_given"] == pytest.approx(not_given, abs=1e-6)


@pytest.mark.parametrize("wrong", [(-0.1, None), (1.1, None), (None, -0.1), (None, 1.1)])
def test_thresholds_beyond_0_to_1_blocks_below_a_second_and_rigid_recordings_are_refused(wrong):
    given, _ = recording(100)
    with pytest.raises(InputError, match="must lie in 0 to 1"):
        identify(given, told([[0.9, 0.9]])[0], *wrong)
    assert len(identify(given, told([[0.9, 0.9]])[0], 0, 1, block_seconds=1.0)) == 2
    with pytest.raises(InputError, match="at least 1 s"):
        identify(given, told([])[0], block_seconds=0.99)
    same = Recording(np.full((100, 1, 6), 2.5), 100.0, (5.0, 1.0))
    with pytest.raises(InputError, match=r"constant \(2.5 mm/s"):
        identify(same, told([])[0])
    silent = Recording(np.zeros((100, 1, 6)), 100.0, (5.0, 1.0))
    assert len(identify(silent, told([])[0])) == 0


@pytest.mark.parametrize(
    ("scores", "found"),
    [
        ([[0.9, 0.8], [0.9, 0.8]], [0.9, 0.8]),
        # Doubtful in one block, from 0.3 of the threshold on, it is still the same unit.
        ([[0.9, 0.8], [0.9, 0.16]], [0.9, 0.8]),
        ([[0.9, 0.8], [0.14, 0.14]], [0.9, 0.8]),
        ([[0.9, 0.4], [0.9, 0.4]], [0.9]),
    ],
)
@pytest.mark.parametrize("signals", [False, True])
def test_a_recording_of_two_blocks_has_trains_without_a_seam(scores, found, signals):
    given, trains = recording()
    model, looked = told(scores, signals=signals)
    units = identify_coarse(copy_of(given), model, block_seconds=2.0)
    # 260 frames: two even blocks that share at least a third of 200, 66.
    assert [frames for frames, *_ in looked] == [163, 163]
    assert units.score == pytest.approx(found)
    # The mean of a stretch without the unit is taken off.
    np.testing.assert_allclose(units.twitch_train, trains[: len(found)], atol=0.2)
    # The signals of known territories come in one stretch, with one peak.
    late = [[1.97] if score >= 0.15 and not signals else [] for score in scores[1]]
    for times, more in zip(units.firings, late, strict=False):
        expected = [1.0, *more]
        assert times == pytest.approx(expected, abs=1e-6)


def test_a_model_whose_places_are_all_taken_is_said():
    given, _ = recording()
    units = identify_coarse(copy_of(given), told([[0.9, 0.8]], places=2)[0])
    [said] = units.provenance["warnings"]
    assert said.startswith("in 1 of 1 blocks all 2 places for units are taken")
    three = told([[0.9, 0.8], [0.9, 0.1], [0.9, 0.8]], places=2)[0]
    units = identify_coarse(copy_of(recording(400)[0]), three, block_seconds=2.0)
    assert units.provenance["warnings"][0].startswith("in 2 of 3 blocks all 2 places")


def test_trains_are_estimated_in_stretches_of_5_s_that_share_1_s():
    frames = np.arange(1200, dtype=np.float32)
    velocity = np.broadcast_to(frames[:, None, None], (1200, 1, 6))
    source = RecordingFrames(Recording(velocity, 100.0, (5.0, 1.0)))
    assert plan_stretches(source) == plan_blocks(1200, 500, 100)
    asked = []

    class Model:
        def signals_of(self, part, rate, spacing, territory):
            asked.append((len(part), rate, spacing, len(territory)))
            return np.stack([part[:, 0, 0]] * 2), np.stack([part[:, 0, 0] / 1200] * 2)

    train, firing = estimate_signals(PLACES, source, Model())
    np.testing.assert_allclose(train, [frames] * 2, atol=1e-3)
    np.testing.assert_allclose(firing, [frames / 1200] * 2, atol=1e-6)
    assert asked == [(467, 100.0, (5.0, 1.0), 2)] * 3
    none, nothing = estimate_signals(PLACES[:0], source, Model())
    assert none.shape == nothing.shape == (0, 1200)
    blocks = [Block(0, 4), Block(2, 6), Block(5, 8)]
    weights = [part.tolist() for _, part in faded(blocks)]
    assert weights == [[1, 1, 0.75, 0.25], [0.25, 0.75, 1, 0.5], [0.5, 1, 1]]


def test_memory_is_asked_for_at_the_rate_of_the_model():
    # 2000 frames at 200 Hz are 1000 at 100 Hz, and 2.5 s 250; all of them are read at once.
    source = types.SimpleNamespace(shape=(2000, 10, 20), frame_rate=200.0)
    expected = estimate_memory((1000, 10, 20), 250, 4 * 2000 * 200)
    assert memory_needed(source, 2.5, 100.0) == pytest.approx(expected, rel=1e-9)
    source = types.SimpleNamespace(shape=(2000, 100, 200), frame_rate=50.0)
    expected = estimate_memory((2000, 100, 200), 125, 48 * 2**20)
    assert memory_needed(source, 2.5, 100.0) == pytest.approx(expected, rel=1e-9)


def test_units_at_another_rate_keep_their_firings_within_the_recording():
    train = np.sin(2 * np.pi * 2 * np.arange(100) / 100)[None]
    firings = [np.array([0.1, 0.98, 0.985])]
    units = MotorUnits(np.ones((1, 2, 2)), train, firings, [0.9], 100.0, (1.0, 0.5))
    assert at_rate(units, 100.0, 100) is units
    fast = at_rate(units, 250.0, 246)
    assert (fast.twitch_train.shape, fast.frame_rate) == ((1, 246), 250.0)
    expected = np.sin(2 * np.pi * 2 * np.arange(240) / 250)
    np.testing.assert_allclose(fast.twitch_train[0, 3:240], expected[3:], atol=0.01)
    assert fast.firings[0].tolist() == [0.1, 0.98]
    assert (fast.ids, fast.spacing) == (units.ids, units.spacing)
