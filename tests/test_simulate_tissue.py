import dataclasses

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kmu.config import SIMULATION_PRESETS, Config, SimulationConfig
from kmu.simulation import simulate
from kmu.simulation.scene import Scene, resolve
from kmu.simulation.tissue import TissueDraw, patterns

QUICK = settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
FRAMES = np.arange(50) / 100.0


def small(**changes):
    return resolve("tiny", duration=0.5, units=(3, 5), **changes)


def alone(scene, which):
    """The scene with all units at rest but some."""
    trains = np.zeros_like(scene.contraction.trains)
    trains[which] = scene.contraction.trains[which]
    contraction = dataclasses.replace(scene.contraction, trains=trains)
    return dataclasses.replace(scene, contraction=contraction)


@QUICK
@given(seed=st.integers(0, 10**6), factor=st.floats(0.01, 100.0))
def test_velocity_scales_with_displacement(seed, factor):
    scene = Scene.draw(small(stiffening=(0.0, 0.0)), seed)
    trains = scene.contraction.trains * np.float32(factor)
    louder = dataclasses.replace(
        scene, contraction=dataclasses.replace(scene.contraction, trains=trains)
    )
    for one, other in zip(scene.units_velocity(FRAMES), louder.units_velocity(FRAMES), strict=True):
        np.testing.assert_allclose(other, factor * one, atol=1e-4 * factor * np.abs(one).max())


@QUICK
@given(seed=st.integers(0, 10**6))
def test_units_superpose_exactly_when_mixing_is_linear(seed):
    scene = Scene.draw(small(stiffening=(0.0, 0.0)), seed)
    together, _ = scene.units_velocity(FRAMES)
    count = len(scene.territory)
    apart = sum(alone(scene, [k]).units_velocity(FRAMES)[0] for k in range(count))
    np.testing.assert_allclose(together, apart, atol=1e-4 * np.abs(together).max())


@QUICK
@given(seed=st.integers(0, 10**6))
def test_a_unit_moves_its_place_less_the_more_units_are_active(seed):
    # Only their own fibres move: a neighbour that pulls the other way would help.
    scene = Scene.draw(small(stiffening=(0.15, 0.15), spread=(0, 0), bulge=(0, 0)), seed)
    _, among = scene.units_velocity(FRAMES)
    for k in range(len(scene.territory)):
        if not (scene.territory[k] >= 0.5).any() or not scene.contraction.trains[k].any():
            continue
        _, by_itself = alone(scene, [k]).units_velocity(FRAMES)
        assert np.ptp(among[k]) <= np.ptp(by_itself[k]) * 1.001


@QUICK
@given(seed=st.integers(0, 10**6))
def test_in_the_linear_family_every_unit_is_one_map_times_one_train(seed):
    scene = Scene.draw(resolve("paper", duration=0.5, units=(3, 5)), seed)
    velocity, trains = scene.units_velocity(FRAMES)
    flat = scene.territory.reshape(len(trains), -1)
    scale = (scene.weight[:, 0] * scene.territory).sum((1, 2)) / (scene.territory**2).sum((1, 2))
    expected = (trains * scale[:, None]).T @ flat
    np.testing.assert_allclose(velocity.reshape(50, -1), expected, atol=1e-4)


@QUICK
@given(seed=st.integers(0, 10**6), seconds=st.sampled_from([0.1, 0.3, 1.0]))
def test_no_firing_lies_outside_the_recording(seed, seconds):
    recording, truth = simulate("tiny", seed=seed, duration=seconds, ramp_share=0.5)
    for times in truth.firings:
        assert len(times)
        assert times.min() >= 0
        assert times.max() < recording.duration


def any_value(item):
    """A strategy over all values that a field of a configuration allows."""
    rule, default = item.metadata, item.default
    low, high = rule.get("low"), rule.get("high")
    if rule.get("choices"):
        return st.sampled_from(rule["choices"])
    if isinstance(default, float):
        return st.floats(low, high)
    if isinstance(default, int):
        return st.integers(low, high)
    if isinstance(default, tuple) and default and isinstance(default[0], float):
        ends = st.tuples(st.floats(low, high), st.floats(low, high))
        return ends if item.name.endswith("diameter") else ends.map(lambda e: tuple(sorted(e)))
    return st.just(default)


def any_section(kind):
    fields = {item.name: item for item in dataclasses.fields(kind)}
    # Levels are tested apart; IQ frames at thousands a second take seconds.
    fields = {name: item for name, item in fields.items() if name not in ("level", "pool_size")}
    values = {name: any_value(item) for name, item in fields.items()}
    return st.fixed_dictionaries(values).map(lambda chosen: kind(**chosen))


SECTIONS = {
    item.name: any_section(type(item.default_factory()))
    for item in dataclasses.fields(SimulationConfig)
    if item.default_factory is not dataclasses.MISSING
    and issubclass(type(item.default_factory()), Config)
}


@settings(QUICK, max_examples=60)
@given(
    seed=st.integers(0, 10**6),
    sections=st.fixed_dictionaries(SECTIONS),
    units=st.tuples(st.integers(0, 4), st.integers(4, 8)),
    frame_rate=st.sampled_from([50.0, 100.0, 500.0, 1000.0]),
    spacing=st.tuples(st.floats(0.05, 3.0), st.floats(0.05, 3.0)),
    force=st.sampled_from([0.0, 0.0, 0.5, 100.0]),
    ramp_share=st.floats(0, 1),
)
def test_every_allowed_configuration_gives_finite_numbers(
    seed, sections, units, frame_rate, spacing, force, ramp_share
):
    config = SimulationConfig(
        duration=0.3,
        depth_pixels=12,
        lateral_pixels=16,
        units=units,
        frame_rate=frame_rate,
        spacing=spacing,
        force=force,
        ramp_share=ramp_share,
        **sections,
    )
    recording, truth = simulate(config, seed=seed)  # the nouns refuse NaN and infinity
    assert recording.velocity.shape == (round(0.3 * frame_rate), 12, 16)
    assert truth.twitch_train.shape[1] == len(recording.velocity)


STILL = TissueDraw(
    spread=0.0,
    spread_length=4.0,
    bulge=0.0,
    outside_muscle=1.0,
    firing_delay=0.0,
    wave_slowness=0.0,
    stiffening=0.0,
)


def disc(radius=2.5, size=65, step=0.5):
    grid = (np.arange(size) - size // 2) * step
    distance = radius - np.hypot(grid[:, None], grid[None])
    territory = np.clip(0.5 + distance / 1.0, 0, 1)
    return territory[None].astype(np.float32), distance[None].astype(np.float32)


def pattern(**changes):
    territory, distance = disc()
    tissue = dataclasses.replace(STILL, **changes)
    muscle = np.ones(territory.shape[1:], np.float32)
    return territory[0], patterns(territory, distance, np.zeros(1), muscle, tissue, (0.5, 0.5))[0]


def test_tissue_beside_a_unit_moves_against_it_and_above_and_below_with_it():
    territory, weight = pattern(spread=0.5, spread_length=2.0)
    middle = 32
    for off in (10, 14):  # 5 and 7 mm away; the radius is 2.5 mm
        assert weight[0, middle + off, middle] > 0.005
        assert weight[0, middle - off, middle] > 0.005
    assert weight[0, middle, middle + 14] < -0.002
    assert weight[0, middle, middle - 14] < -0.002
    assert (weight[0] * territory).sum() / (territory**2).sum() == pytest.approx(1.0, abs=1e-3)


def test_a_thickening_unit_pushes_tissue_up_above_it_and_down_below_it():
    _, weight = pattern(bulge=0.4)
    middle, off = 32, 32 + 8
    assert weight[0, off, middle] > 0.05  # deeper: away from the probe
    assert weight[0, 64 - off, middle] < -0.05
    assert weight[0, middle, off] == pytest.approx(0.0, abs=1e-3)


def test_delays_shift_a_pixel_by_its_delay_and_leave_the_mean_on_time():
    territory, weight = pattern(firing_delay=0.006)
    # Early, on time, late: the mean position on the delay axis, in steps of 4 ms.
    delay = 4.0 * (weight[2] - weight[0]) / weight.sum(0).clip(1e-6)
    inside = territory > 0.9
    assert delay[inside].mean() == pytest.approx(0.0, abs=0.05)
    assert np.ptp(delay[inside]) == pytest.approx(6.0, rel=0.25)
    _, slow = pattern(spread=0.5, wave_slowness=0.5)
    late = 4.0 * (slow[2] - slow[0])[32 + 10, 32] / slow.sum(0)[32 + 10, 32]
    assert late == pytest.approx(0.5 * 2.5, rel=0.05)  # 2.5 mm beyond the border


def test_a_force_sets_how_many_units_are_active_and_a_ramp_recruits_them_in_turn():
    counts = [len(simulate("low_force", seed=3, force=force)[1]) for force in (0.5, 2.0, 10.0)]
    assert counts[0] < counts[1] < counts[2]
    _, truth = simulate(
        "low_force", seed=3, force=5.0, duration=4.0, profile=((0.0, 0.0), (3.0, 1.0), (4.0, 1.0))
    )
    first = np.array([times[0] for times in truth.firings])
    assert np.ptp(first) > 1.0
    early = sum((times < 1.0).sum() for times in truth.firings)
    late = sum((times >= 3.0).sum() for times in truth.firings)
    assert late > 2 * early


def test_presets_survive_json(tmp_path):
    for name, config in SIMULATION_PRESETS.items():
        path = tmp_path / f"{name}.json"
        path.write_text(config.to_json())
        assert SimulationConfig.from_json(path) == config
