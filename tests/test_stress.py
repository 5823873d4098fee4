"""The stress suite: every family is the plain world with the one thing that its name says."""

import ast
from pathlib import Path

import numpy as np
import pytest

import kmu.stress
from kmu.errors import InputError
from kmu.stress import FAMILIES, RESTING, make_recording, world_of


@pytest.fixture(scope="module")
def plain():
    return make_recording("plain", 0)


def rates(truth):
    return np.array([1 / np.diff(times).mean() for times in truth.firings])


def added(family, index=0):
    """What a family adds to the plain recording of the same index, (T, Z, X) mm/s."""
    return make_recording(family, index)[0].velocity - make_recording("plain", index)[0].velocity


def test_the_same_name_and_index_give_the_same_recording(plain):
    recording, truth = make_recording("plain", 0)
    np.testing.assert_array_equal(recording.velocity, plain[0].velocity)
    np.testing.assert_array_equal(truth.twitch_train, plain[1].twitch_train)
    assert np.abs(make_recording("plain", 1)[0].velocity - recording.velocity).max() > 0.1


def test_plain_is_forty_by_thirty_eight_millimetres_for_two_seconds_with_8_to_26_units(plain):
    recording, _ = plain
    size = np.array(recording.velocity.shape[1:]) * recording.spacing
    np.testing.assert_allclose(size, (40, 38))
    assert recording.duration == 2.0
    counts = [len(make_recording("plain", index)[1]) for index in range(6)]
    assert min(counts) >= 8
    assert max(counts) <= 26
    assert len(set(counts)) > 2


def test_twitch_trains_are_what_territories_move_in_the_linear_family():
    recording, truth = make_recording("linear", 2)
    told = np.tensordot(truth.twitch_train.T, truth.territory, axes=1)
    left = recording.velocity - told
    # What is left is white noise: as strong everywhere, and unlike itself a frame later.
    power = left.std(axis=0)
    assert power.max() / power.min() < 1.5
    assert abs(np.mean(left[1:] * left[:-1])) < 0.01 * np.mean(left**2)
    assert 6 <= 10 * np.log10(np.mean(told**2) / np.mean(left**2)) <= 16


def test_jolts_are_three_swings_of_forty_milliseconds_at_6_to_10_mm_per_second():
    speed = np.abs(added("jolts")).max(axis=(1, 2))
    moving = speed > 0.01
    begins = np.flatnonzero(np.diff(moving.astype(int), prepend=0) == 1)
    ends = np.flatnonzero(np.diff(moving.astype(int), append=0) == -1)
    assert len(begins) >= 3
    assert np.unique(begins * 3 // len(speed)).size == 3
    assert 4.5 < speed.max() < 11.5
    assert moving.sum() / 250 <= 3 * 0.044
    assert (ends[-1] - begins[0]) / 250 > 0.2


def test_few_and_many_have_the_units_that_they_name():
    assert {len(make_recording("few", index)[1]) for index in range(6)} <= {1, 2, 3}
    assert 60 <= len(make_recording("many", 0)[1]) <= 80


def test_a_shadow_has_ten_times_the_noise_over_a_third_of_the_width():
    more = added("shadow").std(axis=(0, 1))
    assert np.isclose(np.mean(more > 0), 1 / 3, atol=0.03)


def test_noise_lies_eight_decibels_above_the_units(plain):
    louder = np.mean(make_recording("noise", 0)[0].velocity ** 2)
    units = np.mean(plain[0].velocity ** 2)
    assert 4 < louder / units < 10


def test_fast_and_slow_units_fire_and_twitch_as_they_say(plain):
    fast, slow = make_recording("fast", 0)[1], make_recording("slow", 0)[1]
    assert 13 < np.median(rates(fast)) < 27
    assert 3.5 < np.median(rates(slow)) < 8.5

    def centre(truth):  # of the power spectrum of the trains, Hz
        power = np.abs(np.fft.rfft(truth.twitch_train)) ** 2
        frequency = np.fft.rfftfreq(truth.twitch_train.shape[1], 1 / truth.frame_rate)
        return (power.sum(0) * frequency).sum() / power.sum()

    assert centre(slow) < centre(plain[1]) < centre(fast)


def test_an_artery_moves_a_small_place_at_the_rate_of_the_heart():
    power = added("artery").std(axis=0)
    assert power.max() > 5 * np.median(power)
    assert np.mean(power > power.max() / 3) < 0.05


def test_tremor_is_as_strong_as_the_units_and_lies_at_8_to_12_hertz(plain):
    shaking = added("tremor")
    spectrum = np.abs(np.fft.rfft(shaking.mean(axis=(1, 2))))
    peak = np.fft.rfftfreq(len(shaking), 1 / 250)[spectrum.argmax()]
    assert 7.5 <= peak <= 12.5
    units = plain[0].velocity - make_recording("rest_plain", 0)[0].velocity
    np.testing.assert_allclose(np.mean(shaking**2) / np.mean(units**2), 1.0, atol=0.02)


def test_echoes_take_motion_from_places_and_add_none_elsewhere(plain):
    taken = np.mean(added("echoes") ** 2, axis=0) / np.mean(plain[0].velocity ** 2, axis=0)
    assert np.mean(taken < 0.01) > 0.5
    assert np.mean(taken > 0.3) > 0.005


def test_units_that_pause_are_silent_for_half_of_eight_seconds():
    recording, truth = make_recording("pauses", 0)
    assert recording.duration == 8.0
    gaps = [np.diff([0.0, *times, 8.0]).max() for times in truth.firings]
    assert min(gaps) >= 4.0


def test_a_ramp_recruits_units_up_to_its_middle():
    recording, truth = make_recording("ramp", 0)
    assert recording.duration == 12.0
    firings = np.concatenate(list(truth.firings))
    counts = np.histogram(firings, bins=3, range=(0, 12))[0]
    assert counts[1] > 1.2 * max(counts[0], counts[2])
    assert np.ptp([times[0] for times in truth.firings]) > 2


def test_units_lie_between_fat_and_bone_and_move_little_else():
    _, truth = make_recording("layers", 0)
    depth = (np.arange(80) + 0.5) * 0.5
    middle = (truth.territory.sum(2) * depth).sum(1) / truth.territory.sum((1, 2))
    assert middle.min() > 5
    assert middle.max() < 34


def test_shallow_is_twenty_millimetres_deep():
    recording, _ = make_recording("shallow", 0)
    assert recording.velocity.shape[1] * recording.spacing[0] == 20


@pytest.mark.parametrize(("family", "rate"), [("rate80", 80), ("rate2000", 2000)])
def test_the_frame_rate_changes_and_the_muscle_stays(plain, family, rate):
    recording, truth = make_recording(family, 0)
    assert recording.frame_rate == rate
    assert recording.duration == 2.0
    for ours, theirs in zip(truth.firings, plain[1].firings, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_the_probe_slips_one_millimetre_aside():
    recording, truth = make_recording("probe_shift", 0)
    half = len(recording.velocity) // 2
    parts = [recording.velocity[: half - 20], recording.velocity[half + 20 :]]
    first, second = (
        np.mean(part**2, axis=0) - np.median(np.mean(part**2, axis=0)) for part in parts
    )
    # Two half pictures of power agree best when one is moved by 1 mm, two pixels.
    agreement = [np.sum(first * np.roll(second, -move, axis=1)) for move in range(-6, 7)]
    assert np.argmax(agreement) - 6 in (1, 2, 3)
    assert len(truth) >= 8


def test_spread_mixes_less_than_the_sum_of_its_units():
    _recording, truth = make_recording("spread", 0)
    linear = make_recording("plain", 0)[1]
    assert np.all(
        np.abs(truth.twitch_train).max(axis=1) <= np.abs(linear.twitch_train).max(axis=1) + 1e-6
    )
    assert np.abs(truth.twitch_train).sum() < 0.95 * np.abs(linear.twitch_train).sum()


def test_recordings_at_rest_are_the_others_without_their_units(plain):
    assert RESTING == ("rest_plain", "rest_tremor", "rest_jolts")
    for family in RESTING:
        assert len(make_recording(family, 0)[1]) == 0
    left = plain[0].velocity - make_recording("rest_plain", 0)[0].velocity
    # What was left out is made of the units' trains and of nothing else.
    flat, trains = left.reshape(len(left), -1).astype(float), plain[1].twitch_train.T.astype(float)
    unexplained = flat - trains @ np.linalg.lstsq(trains, flat)[0]
    assert np.abs(unexplained).max() < 1e-4
    assert np.abs(flat).max() > 0.5


def test_every_family_is_explained_and_checked():
    for name, (text, changes) in FAMILIES.items():
        assert text
        assert world_of(name).to_dict().keys() >= changes.keys()
    with pytest.raises(InputError, match="choose from plain, jolts"):
        make_recording("none", 0)
    with pytest.raises(InputError, match="begin at 0"):
        make_recording("plain", -1)


def test_the_room_imports_nothing_of_the_other_simulator():
    allowed = {"kmu.recording", "kmu.motor_units", "kmu.errors", "kmu.config.base"}
    for path in Path(kmu.stress.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
                assert node.level == 0
            for name in names:
                inside = name.startswith("kmu.stress") or name in allowed
                assert inside or not name.startswith("kmu"), f"{path.name} imports {name}"
