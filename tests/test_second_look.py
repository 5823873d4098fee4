"""A second look: what is left without the units that were found, and who is looked at then."""

import numpy as np
import pytest

from kmu.config import NETWORK_PRESETS
from kmu.models import Identifier
from kmu.models.second_look import all_candidates, remainder

RNG = np.random.default_rng(7)
FRAMES, DEPTH, WIDTH = 200, 8, 9


def found_units(train, score_logits, territory=None):
    """What a first look said, one recording."""
    count = len(score_logits)
    if territory is None:
        territory = np.zeros((count, DEPTH, WIDTH))
    return {
        "train": np.asarray(train, np.float32)[None],
        "score_logits": np.asarray([score_logits], np.float32),
        "present": np.ones((1, count), np.float32),
        "proposal": np.linspace(0.9, 0.5, count, dtype=np.float32)[None],
        "territory": np.asarray(territory, np.float32)[None],
    }


def correlation(images, course):
    """Of every pixel's course with ``course``, the largest."""
    flat = np.asarray(images)[0].reshape(FRAMES, -1)
    flat, course = flat - flat.mean(0), course - course.mean()
    norms = np.linalg.norm(flat, axis=0) * np.linalg.norm(course)
    return np.abs(course @ flat / np.maximum(norms, 1e-9)).max()


def test_what_is_left_holds_nothing_of_the_units_taken_off_and_all_of_the_others():
    strong, weak = RNG.standard_normal((2, FRAMES))
    strong, weak = strong - strong.mean(), weak - weak.mean()
    weak -= strong * (strong @ weak) / (strong @ strong)
    places = RNG.standard_normal((2, DEPTH, WIDTH))
    velocity = np.einsum("kt,kzx->tzx", [5 * strong, weak], places)[None].astype(np.float32)
    left, sure = remainder(velocity, found_units([strong], [3.0]), 1e-7)
    assert np.asarray(sure).tolist() == [[1]]
    assert correlation(velocity, strong) > 0.9
    assert correlation(left, strong) < 0.01
    assert correlation(left, weak) > 0.99
    assert np.mean(np.square(left)) == pytest.approx(1, abs=1e-3)
    shape = np.asarray(left)[0].reshape(FRAMES, -1).T @ weak
    assert np.corrcoef(shape, places[1].ravel())[0, 1] > 0.999


def test_a_unit_that_is_not_sure_is_not_taken_off():
    strong, doubtful = RNG.standard_normal((2, FRAMES))
    places = RNG.standard_normal((2, DEPTH, WIDTH))
    velocity = np.einsum("kt,kzx->tzx", [strong, doubtful], places)[None].astype(np.float32)
    left, sure = remainder(velocity, found_units([strong, doubtful], [3.0, -3.0]), 1e-4)
    assert np.asarray(sure).tolist() == [[1, 0]]
    assert correlation(left, doubtful) > 0.9


def test_a_recording_in_which_nothing_was_found_or_all_is_explained_stays_finite():
    velocity = RNG.standard_normal((1, FRAMES, DEPTH, WIDTH)).astype(np.float32)
    velocity /= np.sqrt(np.mean(np.square(velocity)))
    nothing = found_units(np.zeros((1, FRAMES)), [-9.0])
    np.testing.assert_allclose(remainder(velocity, nothing, 0.02)[0], velocity, rtol=1e-4)
    still = remainder(np.zeros_like(velocity), nothing, 0.02)[0]
    assert not np.asarray(still).any()


def test_what_is_left_of_a_unit_taken_off_is_no_new_candidate():
    mask = np.zeros((3, DEPTH, WIDTH))
    mask[0, :4, :4], mask[1, 4:, 5:], mask[2, 4:, :3] = 1, 1, 1
    first = found_units(np.zeros((2, FRAMES)), [3.0, -3.0], mask[:2])
    sure = np.asarray([[1.0, 0.0]], np.float32)
    # All three places are proposed again: of a sure unit, of a doubtful one, and a new one.
    logits = np.where(mask, 6.0, -6.0)[None].astype(np.float32)
    new = np.asarray([[0.8, 0.7, 0.6]], np.float32)
    cells = np.asarray([[0, 1, 2]], np.int32)
    more = (logits, new, cells, np.ones((1, 3), np.float32))
    logits, proposal, cell, present = all_candidates(first, sure, more, 0.5)
    assert np.asarray(present).tolist() == [[1, 1, 0, 1, 1]]
    np.testing.assert_allclose(proposal, [[0.9, 0.5, 0.8, 0.7, 0.6]], rtol=1e-6)
    assert np.asarray(logits).shape == (1, 5, DEPTH, WIDTH)
    assert ((np.asarray(logits)[0, :2] > 0) == mask[:2]).all()
    assert np.asarray(cell)[0].tolist() == [1 * WIDTH + 1, 5 * WIDTH + 6, 0, 1, 2]


def looking(twice):
    network = NETWORK_PRESETS["tiny"]
    signal = network.signal.replace(proposal_score=0.0, keep_score=0.0, second_look=twice)
    made = Identifier(network.replace(signal=signal))
    made.build()
    return made


@pytest.mark.parametrize("shape", [(2, 60, 32, 32), (1, 40, 7, 40)])
def test_looking_twice_gives_what_looking_once_gives_no_more_units_than_there_are_places(shape):
    once, twice = looking(False), looking(True)
    twice.set_weights(once.get_weights())
    velocity = np.random.default_rng(1).normal(size=shape).astype(np.float32)
    rate = np.full(len(velocity), 100.0, np.float32)
    spacing = np.full((len(velocity), 2), 0.625, np.float32)
    each = [
        model({"velocity": velocity, "frame_rate": rate, "spacing": spacing})
        for model in (once, twice)
    ]
    assert {name: value.shape for name, value in each[0].items()} == {
        name: value.shape for name, value in each[1].items()
    }
    score = np.asarray(each[1]["score"])
    assert np.isfinite(score).all()
    assert (np.diff(score, axis=1) <= 0).all()


def test_a_second_look_adds_candidates_to_those_of_the_first():
    made = looking(True)
    velocity = np.random.default_rng(1).normal(size=(1, 60, 32, 32)).astype(np.float32)
    units = made.units(velocity, made.maps(velocity), 12)
    first, again = units["first_look"]["present"], units["first"]["present"]
    assert first.shape[1] < again.shape[1] <= first.shape[1] + 6
