"""The clock of EMG: offset and scale, given or fitted."""

import numpy as np
import pytest

from kmu.analysis.clock import fit_clock
from kmu.analysis.emg import agreement_rates, match_emg
from kmu.errors import InputError
from kmu.motor_units import MotorUnits
from kmu.reading.emg.units import EmgUnits
from kmu.report.panels import draw_agreement

SECONDS = 17.5


def discharging(count: int, seed: int) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    trains = [np.cumsum(rng.normal(0.09, 0.015, 300)) for _ in range(count)]
    return [times[times < SECONDS] for times in trains]


def units_firing(firings: list[np.ndarray]) -> MotorUnits:
    count = len(firings)
    return MotorUnits(
        np.ones((count, 2, 2)), np.ones((count, round(SECONDS * 100))), firings, np.ones(count),
        100.0, (1, 1),
    )  # fmt: skip


def seen_by_emg(firings: list[np.ndarray], offset: float, scale: float) -> list[np.ndarray]:
    """What an EMG recorder with another clock writes of some units, missing a tenth."""
    rng = np.random.default_rng(9)
    return [
        np.sort((t[rng.uniform(size=len(t)) < 0.9] + rng.normal(0, 0.002) - offset) / scale)
        for t in firings
    ]


@pytest.mark.parametrize(("offset", "ppm"), [(0.0, 2693.0), (0.21, -800.0), (-0.08, 0.0)])
def test_offset_and_scale_of_the_clock_are_found_whoever_is_who(offset, ppm):
    true = discharging(8, 0)
    # A rate of 2048 in place of 2042.5 Hz is 2693 parts per million.
    emg = seen_by_emg([true[5], true[1], true[6]], offset, 1 + ppm * 1e-6) + discharging(3, 7)
    clock = fit_clock(units_firing(true), emg)
    assert clock.offset == pytest.approx(offset, abs=0.004)
    assert 1e6 * (clock.scale - 1) == pytest.approx(ppm, abs=60)
    assert 1e6 * clock.error < 60
    pairs = match_emg(units_firing(true), [clock(times) for times in emg])
    assert {(pair.unit, pair.emg_unit) for pair in pairs} == {(5, 0), (1, 1), (6, 2)}
    assert min(pair.rate_of_agreement for pair in pairs) > 0.85
    assert f"{1e6 * (clock.scale - 1):+.0f} parts per million" in clock.sentence


def test_no_clock_is_invented_where_nothing_agrees():
    with pytest.raises(InputError, match=r"no clock of the EMG stands out|too few firings"):
        fit_clock(units_firing(discharging(8, 0)), discharging(5, 1))
    with pytest.raises(InputError, match=r"no clock|too few"):
        fit_clock(units_firing([]), discharging(2, 1))


def test_agreement_is_near_one_for_the_same_unit_and_like_chance_for_others():
    true = discharging(4, 3)
    rates, chance = agreement_rates(units_firing(true), [true[2], np.zeros(0)])
    assert rates.shape == chance.shape == (4, 2)
    assert rates[2, 0] == 1
    assert rates[[0, 1, 3], 0].max() < 0.6
    assert not rates[:, 1].any()
    assert chance.max() < 0.6


def test_agreement_is_bimodal_once_the_clock_is_right_and_the_histogram_shows_it():
    true = discharging(8, 0)
    units = units_firing(true)
    emg = seen_by_emg([true[5], true[1], true[6]], 0.21, 1 - 800e-6) + discharging(3, 7)
    before, _ = agreement_rates(units, emg)
    clock = fit_clock(units, emg)
    after, chance = agreement_rates(units, [clock(times) for times in emg])
    assert before.max() < 0.6
    assert (after > 0.8).sum() == 3
    assert ((after > 0.6) & (after < 0.8)).sum() == 0
    pairs = match_emg(units, [clock(times) for times in emg])
    bars, matches = draw_agreement(pairs, after, chance).axes[0].containers
    heights = np.array([bar.get_height() for bar in matches])
    assert len(bars) == len(matches) == 25
    assert (heights.sum(), heights[20:].sum()) == (3, 3)


def test_firings_are_shifted_by_the_offset_that_is_given():
    emg = EmgUnits("emg.csv", [np.array([0.5, 1.0])])
    np.testing.assert_allclose(emg.later(-0.2).firings[0], [0.3, 0.8])
    with pytest.raises(InputError, match="impossible"):
        emg.later(float("nan"))
