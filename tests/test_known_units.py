"""The units of an earlier result in a new recording: where, whether they are active, and when."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from kmu.identification.pipeline import coarse_copy
from kmu.identification.resample import RecordingFrames
from kmu.identification.served_model import ServedModel
from kmu.motor_units import MotorUnits
from kmu.recording import Recording
from kmu.studies.known_units import Applied, applied, summary
from kmu.tracking.known import apply_known
from kmu.tracking.seen import Seen

RATE, SPACING, SHAPE = 100.0, (1.0, 1.0), (40, 40)
PLACES = np.array([[10.0, 12.0], [14.0, 28.0], [28.0, 10.0], [30.0, 30.0], [20.0, 20.0]])
SHIFT = np.array([2.0, -3.0])  # mm, of everything in the second image
SILENT, NEW = 3, 4


def territories(places):
    z, x = np.meshgrid(*(np.arange(n) + 0.5 for n in SHAPE), indexing="ij")
    maps = [np.exp(-((z - a) ** 2 + (x - b) ** 2) / 12) for a, b in places]
    return np.array(maps, np.float32).reshape(-1, *SHAPE)


def units_at(places, ids, trains=None, firings=None):
    count = len(ids)
    return MotorUnits(
        territory=territories(places),
        twitch_train=np.zeros((count, 300), np.float32) if trains is None else trains,
        firings=[np.zeros(0)] * count if firings is None else firings,
        score=np.linspace(0.95, 0.9, count, dtype=np.float32),
        frame_rate=RATE,
        spacing=SPACING,
        ids=np.array(ids),
    )


def twitches():
    """Trains (5, 300) in mm/s and firings (s) of the five units in the second recording."""
    rng, trains, firings = np.random.default_rng(1), [], []
    for k in range(len(PLACES)):
        frames = np.cumsum(rng.integers(8, 16, 40))
        frames = frames[frames < 280] if k != SILENT else frames[:0]
        train = np.zeros(300, np.float32)
        train[frames] = 1.0
        trains.append(np.convolve(train, [0.5, 1.0, 0.5], "same"))
        firings.append(frames / RATE)
    return np.array(trains, np.float32), firings


@pytest.fixture(scope="module")
def second():
    """A recording under a moved probe: unit 4 is silent, a fifth is new; and its truth."""
    trains, firings = twitches()
    truth = units_at(PLACES + SHIFT, [1, 2, 3, 4, 5], trains, firings)
    noise = 0.02 * np.random.default_rng(2).standard_normal((300, *SHAPE))
    velocity = np.einsum("kt,kzx->tzx", trains, truth.territory) + noise
    return Recording(velocity.astype(np.float32), RATE, SPACING), truth


def least_squares():
    """A model that unmixes given territories by least squares; a firing is where a train peaks."""

    def signals(velocity, frame_rate, spacing, territory):
        maps = np.asarray(territory)[0].reshape(territory.shape[1], -1)
        flat = np.asarray(velocity)[0].reshape(velocity.shape[1], -1)
        train = np.linalg.lstsq(maps.T, flat.T, rcond=None)[0].astype(np.float32)
        answer = {"twitch_train": train, "firing_probability": np.clip(train, 0, 1)}
        return {name: value[None] for name, value in answer.items()}

    return ServedModel(Path("least squares"), {"firing": 0.7}, signals, signals, RATE)


@pytest.fixture(scope="module")
def known(second):
    recording, truth = second
    coarse = coarse_copy(RecordingFrames(recording), RATE)
    ids = [11, 12, 13, 14]
    earlier = Seen(units_at(PLACES[:NEW], ids))
    found = truth.select([0, 1, 2, NEW])  # the silent one is not found anew
    args = coarse, least_squares(), earlier, found, 0.7
    return apply_known(*args), apply_known(*args, also_new=True)


def test_known_units_are_moved_onto_the_new_image_and_keep_their_ids(known, second):
    units, truth = known[0].units, second[1]
    assert list(units.ids) == [11, 12, 13, 14]
    assert known[0].registration.placement.shift == pytest.approx(tuple(SHIFT), abs=0.15)
    np.testing.assert_allclose(units.territory, truth.territory[:NEW], atol=0.1)


def test_a_unit_is_active_if_it_was_found_anew_and_silent_otherwise(known):
    assert list(known[0].active) == [1, 1, 1, 0]
    assert (known[0].probability[:3] > 0.5).all()
    assert known[0].probability[3] == 0
    units = known[0].units
    assert [len(times) > 0 for times in units.firings] == [True, True, True, False]
    assert not units.twitch_train[3].any()
    assert "of 4 known units active: 3 (11, 12, 13); not active: 1 (14)" in known[0].summary()


def test_trains_and_firings_of_known_units_are_the_true_ones(known, second):
    """The fifth unit, which is not asked for, has its place in the unmixing all the same."""
    units, truth = known[0].units, second[1]
    for row in range(3):
        correlation = np.corrcoef(units.twitch_train[row], truth.twitch_train[row])[0, 1]
        assert correlation > 0.97
        np.testing.assert_allclose(units.firings[row], truth.firings[row], atol=0.011)


def test_new_units_are_added_with_new_numbers_if_asked_for(known, second):
    units, truth = known[1].units, second[1]
    assert sorted(units.ids) == [11, 12, 13, 14, 15]
    (row,) = np.flatnonzero(~known[1].known)
    assert units.ids[row] == 15
    assert np.isnan(known[1].probability[row])
    np.testing.assert_allclose(units.firings[row], truth.firings[NEW], atol=0.011)


def test_a_unit_whose_place_left_the_image_is_out_of_view(second):
    recording, truth = second
    coarse = coarse_copy(RecordingFrames(recording), RATE)
    places = np.concatenate([PLACES[:3], [[39.0, 0.0]]])  # moved by the probe to (41, -3) mm
    earlier = Seen(units_at(places, [1, 2, 3, 4]))
    result = apply_known(coarse, least_squares(), earlier, truth.select([0, 1, 2]), 0.7)
    assert list(result.active[:3]) == [1, 1, 1]
    assert np.isnan(result.active[3])
    assert "out of view: 1 (4)" in result.summary()


def test_the_study_finds_no_difference_between_a_result_and_itself(known, second):
    truth = second[1]
    anew = units_at(PLACES + SHIFT, [1, 2, 3, 4, 5], truth.twitch_train, truth.firings)
    same = replace(known[0], units=anew.select([0, 1, 2, 3]))
    row = applied("low_force", {1: 1, 2: 2, 3: 3, 4: 4}, same, anew.select([0, 1, 2, 4]), truth)
    counts = (row.firing, row.anew, row.active, row.said_active, row.rightly)
    assert counts == (3, 3, 3, 3, 3)
    told = summary([row, Applied("low_force")])
    assert told["recordings"] == 2
    for measure in told["measures"].values():
        assert measure["known"] == measure["anew"] == 1
        assert measure["difference"] == 0


def test_the_study_names_what_is_worse_with_known_units(known, second):
    truth = second[1]
    late = truth.select([0, 1, 2])
    half = replace(late, firings=[times[::2] for times in late.firings])
    result = replace(
        known[0],
        units=half,
        known=np.ones(3, bool),
        active=np.array([1.0, 1.0, 0.0]),
    )
    row = applied("moderate", {1: 1, 2: 2, 3: 3}, result, truth, truth)
    assert (row.firing, row.anew, row.active, row.rightly) == (3, 3, 2, 2)
    told = summary([row])["measures"]
    assert told["firing_recall"]["difference"] == pytest.approx(-0.5, abs=0.03)
    assert told["firing_precision"]["difference"] == 0
    assert told["train_correlation"]["difference"] == 0
