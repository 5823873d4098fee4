import numpy as np
import pytest

import kmu
from kmu.config.repetition import RepetitionConfig
from kmu.errors import InputError
from kmu.motor_units import MotorUnits
from kmu.simulation import simulate_series
from kmu.tracking.assignment import assigned, join
from kmu.tracking.likeness import FEATURES, compare
from kmu.tracking.placement import Placement
from kmu.tracking.probability import MatchModel, match_model
from kmu.tracking.registration import register
from kmu.tracking.seen import Seen, load_seen

GRID = ((40, 50), (0.5, 0.4))


def seen_of(recording, truth):
    power = np.sqrt((recording.velocity**2).mean(0))
    return Seen(truth, power, name="one")


@pytest.fixture(scope="module")
def series():
    moved = RepetitionConfig(probe_shift=3.0, probe_tilt=5.0)
    return [seen_of(*pair) for pair in simulate_series("low_force", 12, 3, moved)]


@pytest.fixture(scope="module")
def stranger():
    return [seen_of(*pair) for pair in simulate_series("low_force", 13, 1)]


def test_a_placement_moves_a_point_by_its_numbers_and_back():
    placement = Placement((1.0, 2.0), np.pi / 2, (1.1, 1.0))
    # The middle (10, 10) goes to itself, plus the shift; a point 1 mm deeper turns to the side.
    places = np.array([[10.0, 10.0], [11.0, 10.0]])
    moved = placement.places(places, GRID, GRID)
    np.testing.assert_allclose(moved, [[11.0, 12.0], [11.0, 13.0]])
    np.testing.assert_allclose(placement.back(moved, GRID, GRID), places)


def test_images_follow_a_shift_of_whole_pixels_and_what_leaves_the_view_is_known():
    image = np.random.default_rng(0).uniform(size=(1, 40, 50)).astype(np.float32)
    moved, seen = Placement((1.0, 0.8)).onto_first(image, GRID, GRID)
    np.testing.assert_allclose(moved[0, :-2, :-2], image[0, 2:, 2:], atol=1e-5)
    assert seen[:-2, :-2].min() == pytest.approx(1)
    assert seen[-1].max() == seen[:, -1].max() == 0


def test_images_narrower_than_the_shifts_that_are_tried_are_registered():
    territory = np.zeros((1, 24, 6), np.float32)
    territory[0, 8:14, 2:5] = 1
    units = MotorUnits(territory, np.ones((1, 50)), [np.array([0.2])], np.ones(1), 100.0, (0.5, 1))
    one = Seen(units, territory.sum(0), name="one")
    placement = register(one, one).placement
    np.testing.assert_allclose(placement.shift, 0, atol=0.3)


@pytest.mark.parametrize("without", ["nothing", "power", "units"])
def test_registration_finds_a_known_movement(series, without):
    truth, power = series[0].units, series[0].power
    moved = Placement((1.2, -2.0), np.deg2rad(3.0), (1.0, 1.0))
    grid = (series[0].shape, series[0].spacing)
    territory, _ = moved.onto_second(truth.territory, grid, grid)
    there, seen = moved.onto_second(power[None], grid, grid)
    units = MotorUnits(
        np.clip(territory, 0, 1), truth.twitch_train, truth.firings, truth.score, 100.0, grid[1]
    )
    first, second = series[0], Seen(units, np.where(seen > 0.5, there[0], power.mean()))
    if without == "power":
        first, second = Seen(truth), Seen(units)
    elif without == "units":
        first, second = (Seen(s.units.select([]), s.power) for s in (first, second))
    found = register(first, second).placement
    corners = np.array([[5.0, 5.0], [35.0, 5.0], [5.0, 35.0], [35.0, 35.0]])
    errors = found.places(corners, grid, grid) - moved.places(corners, grid, grid)
    assert np.linalg.norm(errors, axis=1).max() < (1.0 if without == "units" else 0.5)


def test_units_of_one_muscle_are_matched_and_the_rest_is_said_to_be_alone(series):
    tracks = kmu.track(series)
    ids = tracks.ids
    together = ids[tracks.recordings > 1]
    assert len(together) >= 8
    for row in together:
        assert len(set(row[row >= 0])) == 1  # a unit has one id in a simulated series
    for r, one in enumerate(series):
        assert sorted(ids[ids[:, r] >= 0, r]) == sorted(one.units.ids)
    common = set(series[0].units.ids) & set(series[1].units.ids) & set(series[2].units.ids)
    whole = set(ids[tracks.recordings == 3, 0])
    assert len(whole & common) >= 0.5 * len(common)
    assert (tracks.probability[tracks.recordings > 1] >= 0.5).all()
    assert np.isnan(tracks.probability[tracks.recordings == 1]).all()


def test_nothing_is_matched_with_another_muscle(series, stranger):
    tracks = kmu.track([series[0], stranger[0]])
    assert (tracks.recordings == 1).all()
    assert len(tracks) == len(series[0].units) + len(stranger[0].units)


def test_the_order_of_recordings_does_not_matter(series):
    def pairs(tracks, order):
        place = [order.index(k) for k in range(2)]
        ids = tracks.ids[:, place]
        return sorted(map(tuple, ids[(ids >= 0).all(1)]))

    forwards, backwards = kmu.track(series[:2]), kmu.track(series[1::-1])
    assert pairs(forwards, [0, 1]) == pairs(backwards, [1, 0])


def test_no_units_at_all_are_no_matches(series):
    nothing = MotorUnits.none((200, 64, 64), 100.0, (0.625, 0.625))
    tracks = kmu.track([nothing, series[0], nothing])
    assert len(tracks) == len(series[0].units)
    assert (tracks.recordings == 1).all()
    assert len(kmu.track([nothing, nothing])) == 0


def test_pairs_are_one_to_one_with_the_largest_sum():
    odds = np.array([[3.0, 2.0], [2.5, -1.0]])
    assert assigned(odds, 0.0) == [(0, 1), (1, 0)]  # 4.5, more than 3 alone
    assert assigned(np.full((2, 3), -1.0), 0.0) == []


def test_three_recordings_agree_on_a_unit_or_it_stays_in_two():
    yes, no = np.array([[4.0]]), np.array([[-9.0]])
    doubtful = np.array([[-1.0]])
    whole = join([1, 1, 1], {(0, 1): yes, (0, 2): doubtful, (1, 2): yes}, 0.0)
    assert whole.tolist() == [[0, 0, 0]]
    apart = join([1, 1, 1], {(0, 1): yes, (0, 2): no, (1, 2): yes}, 0.0)
    assert apart.tolist() == [[0, 0, -1], [-1, -1, 0]]


def test_a_unit_out_of_the_others_view_is_compared_with_nothing(series):
    far = Placement(shift=(0.0, 100.0))
    likeness = compare(series[0], series[1], far)
    assert np.isnan(likeness["iou"]).all()
    assert (match_model().probability(likeness) == 0).all()


def test_rates_count_only_at_like_force(series):
    placement = register(series[0], series[1]).placement
    assert np.isnan(compare(series[0], series[1], placement)["rate"]).all()
    assert np.isfinite(compare(series[0], series[1], placement, like_force=True)["rate"]).all()


def test_a_match_model_is_the_same_from_its_json():
    model = match_model()
    again = MatchModel.from_dict(model.to_dict())
    likeness = {name: np.full((1, 1), 0.3) for name in (*FEATURES, "iou")}
    assert again.probability(likeness) == model.probability(likeness)


def test_what_cannot_be_tracked_is_refused_in_one_sentence(series, tmp_path):
    with pytest.raises(InputError, match="at least two"):
        kmu.track(series[:1])
    with pytest.raises(InputError, match="between 0 and 1"):
        kmu.track(series[:2], least_probability=1.0)
    with pytest.raises(InputError, match="does not exist"):
        kmu.track([series[0], tmp_path / "none.h5"])
    with pytest.raises(InputError, match="power is"):
        Seen(series[0].units, np.ones((3, 3), np.float32), name="trial")


def test_a_result_of_an_earlier_version_has_no_images(tmp_path, series):
    series[0].units.save(tmp_path / "old.h5")
    seen = load_seen(tmp_path / "old.h5")
    assert seen.power is None
    assert seen.name == "old.h5"
