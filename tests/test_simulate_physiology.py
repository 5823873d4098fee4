import numpy as np
import pytest

from kmu.config.muscle import PoolConfig, TerritoryConfig, TwitchConfig
from kmu.simulation.discharge import common_drive, discharge, drive_times
from kmu.simulation.motor_pool import make_pool
from kmu.simulation.muscle import OUTLINES, draw_centres, draw_muscle
from kmu.simulation.territory import draw_shapes, rasterise
from kmu.simulation.twitch import (
    STEP,
    UnitTwitches,
    displacement_trains,
    shape_exponent,
    twitch,
)


def pool_of(seed=0, **changes):
    rng = np.random.default_rng(seed)
    return make_pool(PoolConfig(**changes), TwitchConfig(), rng)


def steady(rate, seconds=60.0, count=20, seed=0, **changes):
    settings = {
        "interval_variation": (0.15, 0.15),
        "common_drive": (0.0, 0.0),
        "synchronized": (0.0, 0.0),
        "doublets": (0.0, 0.0),
    }
    config = PoolConfig(**{**settings, **changes})
    times = drive_times(0.0, seconds)
    rates = np.full((count, len(times)), rate)
    return discharge(times, rates, config, np.random.default_rng(seed))


def test_units_are_recruited_by_size_and_fire_faster_the_harder_they_are_driven():
    pool = pool_of()
    assert (np.diff(pool.threshold) > 0).all()
    assert (np.diff(pool.twitch_force) > 0).all()
    assert np.corrcoef(pool.twitch_force, pool.contraction_time)[0, 1] < -0.5
    excitation = np.linspace(0.5, pool.full_excitation, 50)
    rates = pool.rates(excitation)
    assert (np.diff(rates, axis=1) >= 0).all()
    assert ((rates > 0).sum(0)[1:] >= (rates > 0).sum(0)[:-1]).all()
    assert (rates <= pool.peak_rate[:, None]).all()
    # Onion skin: at any moment the units recruited first fire fastest.
    late = pool_of(rate_spread=0.0).rates(np.array([10.0]))[:, 0]
    assert (np.diff(late[late > 0]) <= 1e-9).all()


def test_force_rises_with_excitation_from_nothing_to_all_and_is_inverted():
    pool = pool_of()
    excitation = np.linspace(1.0, pool.full_excitation, 200)
    force = pool.force(excitation)
    assert force[0] == 0
    assert force[-1] == pytest.approx(100.0)
    assert (np.diff(force) >= -0.2).all()
    asked = np.array([1.0, 10.0, 50.0])
    np.testing.assert_allclose(pool.force(pool.excitation_for(asked)), asked, rtol=0.05)
    assert pool.excitation_for(np.array([0.0]))[0] == 0


@pytest.mark.parametrize("variation", [0.05, 0.1, 0.2, 0.4])
def test_intervals_have_the_rate_and_the_variation_asked_for(variation):
    firings = steady(12.0, interval_variation=(variation, variation))
    intervals = np.concatenate([np.diff(times) for times in firings])
    assert 1 / intervals.mean() == pytest.approx(12.0, rel=0.03)
    assert intervals.std() / intervals.mean() == pytest.approx(variation, rel=0.1)


def test_synchronized_units_fire_together_more_often_than_chance():
    def together(firings):
        gaps = np.abs(firings[0][:, None] - firings[1][None, :])
        return (gaps < 0.005).sum() / len(firings[0])

    apart = np.mean([together(steady(12.0, count=2, seed=s)) for s in range(10)])
    near = np.mean(
        [together(steady(12.0, count=2, seed=s, synchronized=(0.3, 0.3))) for s in range(10)]
    )
    assert apart == pytest.approx(12.0 * 0.010, rel=0.3)
    assert near > 1.15 * apart


def test_doublets_are_as_frequent_as_asked_and_absent_otherwise():
    for share in (0.0, 0.1):
        firings = steady(10.0, doublets=(share, share))
        short = np.concatenate([np.diff(times) < 0.0151 for times in firings])
        assert short.mean() == pytest.approx(share / (1 + share), abs=0.02)


def test_common_drive_is_slow_but_for_its_beta_part():
    times = drive_times(0.0, 100.0)
    rng = np.random.default_rng(0)
    slow, fast = common_drive(times, 0.0, rng), common_drive(times, 1.0, rng)
    frequency = np.fft.rfftfreq(len(times), 0.005)
    for drive, low, high in ((slow, 0.0, 3.0), (fast, 12.0, 28.0)):
        power = np.abs(np.fft.rfft(drive)) ** 2
        band = (frequency >= low) & (frequency <= high)
        assert power[band].sum() > 0.9 * power.sum()
        assert drive.std() == pytest.approx(1.0, rel=0.3)


def test_rates_that_share_a_drive_rise_and_fall_together():
    firings = steady(12.0, seconds=200.0, count=2, common_drive=(0.2, 0.2))
    bins = np.arange(0, 200.1, 0.25)
    smooth = [np.histogram(times, bins)[0] for times in firings]
    alone = [np.histogram(times, bins)[0] for times in steady(12.0, seconds=200.0, count=2)]
    assert np.corrcoef(*smooth)[0, 1] > np.corrcoef(*alone)[0, 1] + 0.15


@pytest.mark.parametrize("contraction_time", [0.075, 0.090])
def test_velocity_of_a_twitch_peaks_and_turns_when_measured_twitches_do(contraction_time):
    time = np.arange(0, 0.5, 1e-4)
    exponent = shape_exponent(5 / 3)
    assert exponent == pytest.approx(4.45, abs=0.01)
    velocity = np.gradient(twitch(time / contraction_time, exponent), 1e-4)
    assert 0.039 <= time[velocity.argmax()] <= 0.0475
    assert 0.110 <= time[velocity.argmin()] <= 0.134
    assert -velocity.min() / velocity.max() == pytest.approx(0.515, abs=0.01)


def one_unit(**changes):
    given = {
        "contraction_time": np.array([0.07]),
        "relaxation_ratio": np.array([5 / 3]),
        "height": np.array([0.05]),
        "lead_time": np.array([0.0]),
        "variability": 0.0,
        "fusion_loss": 0.0,
    }
    return UnitTwitches(**{**given, **changes})


def test_twitches_add_up_or_less_than_add_up():
    times = np.arange(0.0, 1.0, 0.08)
    rng = np.random.default_rng(0)
    whole = displacement_trains([times], one_unit(), 0.0, 1.5, rng)[0]
    single = [displacement_trains([t[None]], one_unit(), 0.0, 1.5, rng)[0] for t in times]
    np.testing.assert_allclose(whole, np.sum(single, axis=0), atol=1e-6)
    fused = displacement_trains([times], one_unit(fusion_loss=0.6), 0.0, 1.5, rng)[0]
    assert fused.max() < 0.9 * whole.max()
    ripple = whole[int(0.8 / STEP) : int(1.0 / STEP)]
    assert np.ptp(ripple) < np.ptp(whole[: int(0.15 / STEP)])  # unfused tetanus


def test_every_firing_has_its_own_twitch_of_the_right_height():
    rng = np.random.default_rng(0)
    train = displacement_trains(
        [np.arange(0.0, 20.0, 1.0)], one_unit(variability=0.08), 0.0, 21.0, rng
    )[0]
    heights = train[: int(20 / STEP)].reshape(20, -1).max(axis=1)
    assert 0.03 < heights.std() / 0.05 < 0.16
    assert heights.mean() == pytest.approx(0.05, rel=0.1)


def test_territories_have_the_size_that_was_measured_and_their_mask_is_their_area():
    rng = np.random.default_rng(1)
    count = 400
    config = TerritoryConfig()
    shapes = draw_shapes(np.full((count, 2), 15.0), rng.uniform(size=count), config, rng)
    grid = (np.arange(120) + 0.5) * 0.25
    territory, _ = rasterise(shapes, grid, grid)
    area = (territory >= 0.5).sum((1, 2)) * 0.25**2
    np.testing.assert_allclose(area, np.pi * shapes.half_length * shapes.half_width, rtol=0.1)
    assert area.mean() == pytest.approx(26.7, abs=3.0)
    assert area.std() == pytest.approx(11.2, abs=3.0)
    assert 0 < (shapes.gap > 0).mean() < 0.3
    assert 0.2 < (shapes.sag != 0).mean() < 0.8


@pytest.mark.parametrize("outline", list(OUTLINES))
def test_centres_are_spread_over_the_muscle(outline):
    rng = np.random.default_rng(0)
    muscle = draw_muscle(TerritoryConfig(outlines=(outline,)), (40.0, 40.0), rng)
    centres = draw_centres(muscle, 120, 0.5, rng)
    assert (muscle.level(*centres.T) > 0).all()

    def nearest(points):
        gaps = np.hypot(*(points[:, None] - points[None]).transpose(2, 0, 1))
        return np.median(np.sort(gaps, axis=1)[:, 1])

    size = np.array(muscle.half_size)
    at_random = muscle.centre + rng.uniform(-1, 1, (2000, 2)) * 1.2 * size.max()
    at_random = at_random[muscle.level(*at_random.T) > 0][:120]
    assert nearest(centres) > 1.15 * nearest(at_random)
