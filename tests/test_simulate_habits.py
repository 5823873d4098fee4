import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kmu.config.habits import HabitConfig
from kmu.simulation import simulate
from kmu.simulation.habits import draw_habits
from kmu.simulation.scene import Scene, resolve
from kmu.simulation.twitch import STEP, UnitTwitches, displacement_trains

ALL, NONE = (1.0, 1.0), (0.0, 0.0)
QUICK = settings(max_examples=30, deadline=None, derandomize=True, database=None)


def regular(count, rate=10.0, duration=8.0):
    return [np.arange(-0.6, duration, 1 / rate) + 0.01 * k for k in range(count)]


def habits_of(count=40, seed=1, duration=8.0, **config):
    return draw_habits(count, duration, HabitConfig(**config), np.random.default_rng(seed))


@QUICK
@given(seed=st.integers(0, 10**6))
def test_nothing_fires_in_a_pause_and_all_that_was_fires_around_it(seed):
    habits = habits_of(5, seed, pausing_units=ALL, pause_share=(0.5, 0.5))
    before = regular(5)
    after = habits.firings(before, 8.0, np.random.default_rng(seed))
    for (start, stop), old, new in zip(habits.silent[:, 1], before, after, strict=True):
        assert stop - start == pytest.approx(4.0)
        assert 0.0 <= start < stop <= 8.0
        np.testing.assert_array_equal(new, old[(old < start) | (old >= stop)])


@QUICK
@given(seed=st.integers(0, 10**6))
def test_late_units_start_late_and_stopping_ones_stop_early(seed):
    habits = habits_of(5, seed, late_units=ALL, stopping_units=ALL)
    for times, silent in zip(
        habits.firings(regular(5), 8.0, np.random.default_rng(seed)), habits.silent, strict=True
    ):
        assert (times >= silent[0, 1]).all()
        assert (times < silent[2, 0]).all()
        assert silent[0, 1] <= 0.7 * 8.0
        assert silent[2, 0] >= 0.3 * 8.0


def test_a_single_firing_is_one_and_moves_the_tissue_once():
    habits = habits_of(3, single_units=ALL)
    fired = habits.firings(regular(3), 8.0, np.random.default_rng(2))
    assert [len(times) for times in fired] == [1, 1, 1]
    _, truth = simulate("tiny", 4, single_units=ALL)
    assert len(truth) > 0
    assert all(len(times) == 1 for times in truth.firings)


def test_a_sixth_of_the_units_shows_doublets_and_one_firing_in_thirty_is_one():
    # Over many recordings: 15.6 % of units and 3.4 % of discharges were measured.
    shares, showing = [], []
    for seed in range(300):
        habits = habits_of(20, seed, doublet_units=(0.0, 0.82))
        shares.append(habits.doublet_share)
        showing.append((habits.doublet_share > 0).mean())
    assert np.mean(showing) == pytest.approx(0.156, abs=0.03)
    assert np.mean(shares) == pytest.approx(0.034, abs=0.01)
    assert np.median(showing) <= 0.10
    assert np.max(showing) > 0.6


def test_doublets_follow_within_10_ms_in_the_share_asked_for():
    habits = habits_of(20, doublet_units=ALL, doublet_share=(0.25, 0.25))
    before = regular(20)
    after = habits.firings(before, 8.0, np.random.default_rng(3))
    gaps = np.concatenate([np.diff(times) for times in after])
    doublets = gaps[gaps < 0.020]
    assert ((doublets >= 0.003) & (doublets <= 0.010)).all()
    assert len(doublets) / sum(map(len, before)) == pytest.approx(0.25, abs=0.04)


@pytest.mark.parametrize("height", [0.3, 1.0, 1.4])
def test_the_second_twitch_of_a_doublet_has_its_own_height(height):
    one = np.ones(1)
    units = UnitTwitches(0.08 * one, 1.67 * one, one, 0 * one, 0.0, 0.0, height)
    rng = np.random.default_rng(0)
    double = displacement_trains([np.array([0.1, 0.106])], units, 0.0, 0.8, rng)[0]
    first = displacement_trains([np.array([0.1])], units, 0.0, 0.8, rng)[0]
    second = displacement_trains([np.array([0.106])], units, 0.0, 0.8, rng)[0]
    np.testing.assert_allclose(double, first + height * second, atol=1e-6)
    assert first.argmax() * STEP == pytest.approx(0.18, abs=STEP)


@pytest.mark.parametrize("scale", [0.3, 1.0, 3.5])
def test_rates_lie_between_3_and_30_hz_and_below_fusion(scale):
    habits = habits_of(2, rate_scale=(scale, scale))
    rates = np.array([[0.0, 8.0, 12.0], [0.0, 10.0, 34.0]])
    scaled = habits.rates(rates, np.array([0.05, 0.15]))
    if scale == 1.0:
        np.testing.assert_array_equal(scaled, rates)
        return
    assert (scaled[:, 0] == 0).all()
    assert (scaled[:, 1:] >= 3.0).all()
    assert scaled[0].max() <= 30.0
    assert scaled[1].max() <= 1.5 / 0.15 + 1e-9


@QUICK
@given(seed=st.integers(0, 10**4))
def test_habits_leave_geometry_and_twitches_as_they_were(seed):
    plain, changed = (
        Scene.draw(resolve("tiny", duration=0.3, **more), seed)
        for more in ({}, {"pausing_units": ALL, "doublet_units": ALL})
    )
    np.testing.assert_array_equal(plain.territory, changed.territory)
    np.testing.assert_array_equal(
        plain.contraction.twitches.height, changed.contraction.twitches.height
    )
