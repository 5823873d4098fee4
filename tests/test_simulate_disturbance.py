import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kmu.config import SimulationConfig
from kmu.config.disturbance import DisturbanceConfig
from kmu.simulation import simulate
from kmu.simulation.artefacts import with_artefacts
from kmu.simulation.disturbance import draw_disturbance
from kmu.simulation.scanner import draw_scanner
from kmu.simulation.scene import Scene, resolve

SHAPE, SPACING = (24, 40), (0.5, 0.5)
QUICK = settings(max_examples=25, deadline=None, derandomize=True, database=None)
TIMES = np.arange(0.0, 4.0, 0.002)


def disturbed(seed=1, duration=4.0, **config):
    rng = np.random.default_rng(seed)
    return draw_disturbance(SHAPE, SPACING, duration, DisturbanceConfig(**config), rng)


def velocity(disturbance, size=1.0):
    return np.gradient(disturbance.displacement(TIMES, size), TIMES, axis=0)


@QUICK
@given(seed=st.integers(0, 10**6))
def test_a_jolt_lasts_40_ms_at_6_to_10_mm_per_second_and_is_the_same_everywhere(seed):
    disturbance = disturbed(seed, jolts=(1, 1))
    moved = velocity(disturbance)
    assert np.ptp(moved, axis=(1, 2)).max() < 1e-6
    course = np.abs(moved[:, 0, 0])
    assert 5.9 < course.max() < 10.01
    during = TIMES[course > 1e-3]
    assert disturbance.jolt_times[0] - 0.003 <= during[0]
    assert during[-1] <= disturbance.jolt_times[0] + 0.043
    assert during[-1] - during[0] > 0.034


def test_jolts_are_as_many_as_asked_for_and_the_recording_names_them():
    recording, _ = simulate("tiny", 3, jolts=(3, 3), duration=2.0)
    power = np.sqrt(np.mean(recording.velocity**2, axis=(1, 2)))
    starts = recording.meta["jolts_s"]
    assert len(starts) == 3
    for start in starts:
        near = power[int(start * 100) : int(start * 100) + 6]
        assert near.max() > 4 * np.median(power)


def test_tremor_of_the_image_has_its_power_at_8_to_12_hz_and_the_size_asked_for():
    moved = velocity(disturbed(image_tremor=(2.0, 2.0)), size=0.3)
    power = np.abs(np.fft.rfft(moved.mean(axis=(1, 2)) * np.hanning(len(TIMES)))) ** 2
    frequency = np.fft.rfftfreq(len(TIMES), 0.002)
    assert power[(frequency > 7.5) & (frequency < 12.5)].sum() > 0.98 * power.sum()
    assert moved.std() == pytest.approx(2.0 * 0.3, rel=0.15)
    one = moved[:, 3, 3] / moved[:, 20, 30]
    np.testing.assert_allclose(one[np.abs(moved[:, 20, 30]) > 0.05], one[0], rtol=0.02)


@QUICK
@given(seed=st.integers(0, 10**6))
def test_an_artery_moves_only_its_lumen_once_a_heartbeat(seed):
    disturbance = disturbed(seed, arteries=1.0, heart_rate=(1.0, 1.0), artery_radius=(2.0, 2.0))
    moved = velocity(disturbance)
    assert np.abs(moved[:, disturbance.lumen == 0]).max() == 0.0
    assert 0 < disturbance.lumen.sum() * 0.25 < 1.1 * np.pi * 2.0**2
    course = moved[:, *np.argwhere(disturbance.lumen)[0]]
    power = np.abs(np.fft.rfft(course - course.mean())) ** 2
    peak = np.fft.rfftfreq(len(TIMES), 0.002)[power.argmax()]
    assert peak == pytest.approx(1.0, abs=0.26) or peak == pytest.approx(2.0, abs=0.26)


def test_without_arteries_there_is_no_lumen():
    assert disturbed().lumen.sum() == 0
    assert not disturbed().moves


def test_a_sliding_probe_sees_a_patch_half_the_slide_aside_at_either_end():
    image = np.zeros((3, *SHAPE), np.float32)
    image[:, :, 20] = 1.0
    disturbance = disturbed(2, duration=2.0, probe_shift=(2.0, 2.0))  # mm: two pixels to each side
    seen = disturbance.slid(image, np.array([0.0, 1.0, 2.0]), SPACING[1])
    places = seen[:, 5].argmax(axis=1)
    assert sorted(places) == [18, 20, 22]
    assert places[1] == 20
    assert seen[:, 5].sum(axis=1) == pytest.approx(1.0, abs=1e-3)


def scanners(**config):
    rng = np.random.default_rng(4)
    plain = draw_scanner(SHAPE, SPACING, SimulationConfig().scanner, rng)
    lumen = np.zeros(SHAPE, np.float32)
    return plain, with_artefacts(plain, lumen, SPACING, DisturbanceConfig(**config), rng)


def test_a_shadow_is_a_third_of_the_columns_with_ten_times_the_noise():
    plain, shadowed = scanners(shadow_width=(1 / 3, 1 / 3))
    ratio = shadowed.noise / plain.noise
    columns = np.isclose(ratio, 10.0).all(axis=0)
    assert columns.sum() in (13, 14)
    assert np.ptp(np.flatnonzero(columns)) == columns.sum() - 1
    np.testing.assert_allclose(ratio[:, ~columns], 1.0)
    np.testing.assert_array_equal(plain.gain, shadowed.gain)


@pytest.mark.parametrize("share", [0.1, 0.3])
def test_echoes_at_rest_pull_that_share_of_the_image_towards_zero(share):
    plain, pulled = scanners(echo_share=(share, share), echo_pull=(0.8, 0.8))
    ratio = pulled.gain / plain.gain
    there = ratio < 0.5
    assert there.mean() == pytest.approx(share, abs=0.01)
    np.testing.assert_allclose(ratio[there], 0.2, rtol=1e-5)
    np.testing.assert_allclose(ratio[~there], 1.0)


def test_a_disturbance_leaves_units_and_truth_as_they_were():
    config = {
        "jolts": (2, 2),
        "image_tremor": (1.0, 1.0),
        "arteries": 1.0,
        "echo_share": (0.2, 0.2),
    }
    plain, changed = simulate("tiny", 5)[1], simulate("tiny", 5, **config)[1]
    np.testing.assert_array_equal(plain.twitch_train, changed.twitch_train)
    np.testing.assert_array_equal(plain.territory, changed.territory)


def test_what_iq_frames_are_made_of_moves_with_a_jolt_too():
    plain, jolted = (
        Scene.draw(resolve("tiny", duration=0.3, jolts=(count, count)), 2) for count in (0, 1)
    )
    times = np.arange(0.0, 0.3, 0.005)
    moved = jolted.total_displacement(times, 0.1) - plain.total_displacement(times, 0.1)
    np.testing.assert_allclose(moved, jolted.disturbance.displacement(times, 0.1), atol=1e-6)
    assert np.abs(moved).max() > 0.1  # mm: 6 mm/s and more for 40 ms
